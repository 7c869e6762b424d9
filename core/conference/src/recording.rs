//! What is wished for of a recording, and who is told of it.

use serde::{Deserialize, Serialize};

use crate::Url;

/// A word of `recordingStatusCallbackEvent`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum RecordingEvent {
    /// It has begun.
    InProgress,
    /// It can be fetched.
    Completed,
    /// There is none: nothing was heard, or it could not be written.
    Absent,
}

impl RecordingEvent {
    /// The words of `RecordingStatusCallbackEvent`; one page has `failed` in place of `absent`.
    pub const WORDS: [(&str, Self); 4] = [
        ("in-progress", Self::InProgress),
        ("completed", Self::Completed),
        ("absent", Self::Absent),
        ("failed", Self::Absent),
    ];

    /// The event of a word, in any case.
    #[must_use]
    pub fn of_word(word: &str) -> Option<Self> {
        let mut words = Self::WORDS.into_iter();
        let found = words.find(|(known, _)| known.eq_ignore_ascii_case(word));
        found.map(|(_, event)| event)
    }
}

/// Who is told of a recording.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordingCallback {
    /// Whom to tell.
    pub to: Url,
    /// Of what.
    pub events: Vec<RecordingEvent>,
}

impl RecordingCallback {
    /// Told of these; of its completion if nothing is named.
    #[must_use]
    pub fn new(to: Url, mut events: Vec<RecordingEvent>) -> Self {
        if events.is_empty() {
            events.push(RecordingEvent::Completed);
        }
        Self { to, events }
    }
}

/// How it is to be recorded.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordWish {
    /// Without the silence at its beginning and end.
    pub trim: bool,
    /// Who is told of it.
    pub callback: Option<RecordingCallback>,
}
