//! What speaks for `<Say>`, whoever does it.

use confab_switchboard::DecodeError;

use crate::limits::TEXT_CHARS_MAX;

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
