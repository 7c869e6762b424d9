//! Interface of speech synthesizers, and texts that are spoken in pieces.

use std::collections::VecDeque;

use confab_switchboard::DecodeError;

use crate::limits::{FIRST_PIECE_CHARS_MAX, PIECE_CHARS_MAX, TEXT_CHARS_MAX};

/// Text to speak, with a voice. Equal phrases share a sound.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Phrase {
    /// Name of a voice of the synthesizer.
    pub voice: String,
    /// Plain text without control characters, neither empty nor too long.
    pub text: String,
    /// Sufficient sampling rate, in Hz.
    pub rate: u32,
}

/// Speech synthesizer.
pub trait Tts: Send + Sync {
    /// Returns the voice of the synthesizer that is closest to the voice and language of a
    /// document.
    fn voice(&self, voice: Option<&str>, language: Option<&str>) -> String;

    /// Returns a phrase as a WAV file. Blocks for at most `limits::SPEAKING_TIME_MAX`.
    fn speak(&self, phrase: &Phrase) -> Result<Vec<u8>, DecodeError>;

    /// Ends running syntheses, and prevents further ones.
    fn stop(&self) {}
}

/// Text that is spoken piece by piece.
#[derive(Debug)]
pub(crate) struct Text {
    voice: String,
    rate: u32,
    rest: VecDeque<String>,
    /// Number of characters spoken so far.
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

    /// Takes the next piece; returns `None` at the end.
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

/// Cuts a tidied text after a sentence, else after a comma, else after a word, else anywhere.
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
        // Punctuation alone is not spoken.
        if piece.chars().any(char::is_alphanumeric) {
            pieces.push_back(piece.trim_end().to_owned());
        }
    }
    pieces
}

/// Returns the length in bytes of a first piece of at most `most` characters.
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

/// Returns error 13520: text that cannot be spoken.
pub(crate) fn unspeakable(message: impl Into<String>) -> DecodeError {
    let message = message.into();
    DecodeError {
        code: 13520,
        message,
    }
}

/// Returns a text in the form in which it is spoken; rejects a text that is too long or has no
/// letter or digit.
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
