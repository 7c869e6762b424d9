//! Settings of a recording and its callback.

use serde::{Deserialize, Serialize};

use crate::Url;

/// Word of `recordingStatusCallbackEvent`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum RecordingEvent {
    /// The recording has begun.
    InProgress,
    /// The recording can be fetched.
    Completed,
    /// There is no recording: it was silent, or writing failed.
    Absent,
}

impl RecordingEvent {
    /// Words of `RecordingStatusCallbackEvent`; one page of the documentation has `failed` for
    /// `absent`.
    pub const WORDS: [(&str, Self); 4] = [
        ("in-progress", Self::InProgress),
        ("completed", Self::Completed),
        ("absent", Self::Absent),
        ("failed", Self::Absent),
    ];

    /// Returns the event of a word; case is ignored.
    #[must_use]
    pub fn of_word(word: &str) -> Option<Self> {
        let mut words = Self::WORDS.into_iter();
        let found = words.find(|(known, _)| known.eq_ignore_ascii_case(word));
        found.map(|(_, event)| event)
    }
}

/// Callback for a recording.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordingCallback {
    /// URL and method.
    pub to: Url,
    /// Subscribed events.
    pub events: Vec<RecordingEvent>,
}

impl RecordingCallback {
    /// Creates a callback; without events, the completion is subscribed.
    #[must_use]
    pub fn new(to: Url, mut events: Vec<RecordingEvent>) -> Self {
        if events.is_empty() {
            events.push(RecordingEvent::Completed);
        }
        Self { to, events }
    }
}

/// Settings of a recording.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordWish {
    /// True if silence at both ends is removed.
    pub trim: bool,
    /// Callback for the recording.
    pub callback: Option<RecordingCallback>,
}
