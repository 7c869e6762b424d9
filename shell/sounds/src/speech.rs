//! What speaks for `<Say>`, whoever does it.

use std::collections::VecDeque;

use confab_switchboard::DecodeError;

use crate::limits::{FIRST_PIECE_CHARS_MAX, PIECE_CHARS_MAX, TEXT_CHARS_MAX};

/// What is to be spoken. Equal phrases sound alike: the cache goes by them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Phrase {
    /// One of the synthesiser's own voices.
    pub voice: String,
    /// Plain text without control characters, neither empty nor too long.
    pub text: String,
    /// Samples a second that will do.
    pub rate: u32,
}

/// Speaks.
pub trait Tts: Send + Sync {
    /// The synthesiser's own voice that comes nearest to what a document names.
    fn voice(&self, voice: Option<&str>, language: Option<&str>) -> String;

    /// A WAV file of the phrase. Blocks, for at most `limits::SPEAKING_TIME_MAX`.
    fn speak(&self, phrase: &Phrase) -> Result<Vec<u8>, DecodeError>;

    /// Ends what is being spoken, and speaks nothing from now on.
    fn stop(&self) {}
}

/// A text on its way to be spoken, piece by piece.
#[derive(Debug)]
pub(crate) struct Text {
    voice: String,
    rate: u32,
    rest: VecDeque<String>,
    /// Characters spoken so far.
    pub(crate) spoken: usize,
}

impl Text {
    pub(crate) fn new(phrase: &Phrase) -> Self {
        Self {
            voice: phrase.voice.clone(),
            rate: phrase.rate,
            rest: pieces(&phrase.text),
            spoken: 0,
        }
    }

    /// Takes the next piece out; `None` at the end.
    pub(crate) fn next(&mut self) -> Option<Phrase> {
        let text = self.rest.pop_front()?;
        self.spoken += text.chars().count();
        Some(Phrase {
            voice: self.voice.clone(),
            text,
            rate: self.rate,
        })
    }

    pub(crate) fn has_ended(&self) -> bool {
        self.rest.is_empty()
    }
}

/// Cuts a tidy text behind a sentence, else behind a comma, else behind a word, else anywhere.
fn pieces(text: &str) -> VecDeque<String> {
    let mut pieces = VecDeque::new();
    let mut rest = text;
    while !rest.is_empty() {
        let most = match pieces.is_empty() {
            true => FIRST_PIECE_CHARS_MAX,
            false => PIECE_CHARS_MAX,
        };
        let (piece, after) = rest.split_at(cut(rest, most));
        rest = after.trim_start();
        // Marks alone are no speech.
        if piece.chars().any(char::is_alphanumeric) {
            pieces.push_back(piece.trim_end().to_owned());
        }
    }
    pieces
}

/// Length in bytes of a first piece of at most so many characters.
fn cut(text: &str, most: usize) -> usize {
    let Some((end, _)) = text.char_indices().nth(most) else {
        return text.len();
    };
    let head = &text[..end];
    let behind = |marks: &[&str]| {
        let ends = marks.iter().filter_map(|mark| Some(head.rfind(mark)? + 1));
        ends.max()
    };
    let sentence = behind(&[". ", "! ", "? "]);
    let part = || behind(&["; ", ": ", ", "]);
    let word = || behind(&[" "]);
    sentence.or_else(part).or_else(word).unwrap_or(end)
}

/// 13520: cannot be spoken.
pub(crate) fn unspeakable(message: impl Into<String>) -> DecodeError {
    let message = message.into();
    DecodeError {
        code: 13520,
        message,
    }
}

/// The text as it is spoken.
pub(crate) fn tidy(text: &str) -> Result<String, DecodeError> {
    if text.chars().count() > TEXT_CHARS_MAX {
        return Err(unspeakable(format!(
            "a text of more than {TEXT_CHARS_MAX} characters is not spoken; split it"
        )));
    }
    let words = text.split(|c: char| c.is_whitespace() || c.is_control());
    let words: Vec<_> = words.filter(|word| !word.is_empty()).collect();
    let tidy = words
        .join(" ")
        .replace(['’', '‘'], "'")
        .replace(['“', '”'], "\"");
    if !tidy.chars().any(char::is_alphanumeric) {
        return Err(unspeakable("there is nothing to speak in the text"));
    }
    Ok(tidy)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_cut_behind_sentences_and_lose_nothing() {
        let sentence = "One, two and three make six in all, said the teacher. ";
        for text in [
            "hello",
            &sentence.repeat(20),
            &"no mark at all between these words ".repeat(20),
            &"x".repeat(1_000),
            &"\u{e4}\u{f6} ".repeat(500),
            "3.14 and 2.72",
        ] {
            let text = text.trim();
            let pieces = pieces(text);
            for (n, piece) in pieces.iter().enumerate() {
                let most = [FIRST_PIECE_CHARS_MAX, PIECE_CHARS_MAX][n.min(1)];
                let length = piece.chars().count();
                assert!((1..=most).contains(&length), "{length} characters");
            }
            let all: String = pieces.iter().flat_map(|piece| piece.chars()).collect();
            let letters = |text: &str| text.replace(' ', "");
            assert_eq!(letters(&all), letters(text));
        }
        let cut = pieces(&sentence.repeat(4));
        assert!(
            cut.iter().all(|piece| piece.ends_with("teacher.")),
            "{cut:?}"
        );
        assert_eq!(pieces("3.14 and 2.72").len(), 1);
    }

    #[test]
    fn pieces_without_a_letter_are_left_out() {
        let text = format!("hello {} end", "- ".repeat(400).trim());
        let pieces = pieces(&text);
        assert!(pieces.len() <= 2, "{pieces:?}");
        assert!(pieces.back().is_some_and(|piece| piece.ends_with("end")));
    }
}
