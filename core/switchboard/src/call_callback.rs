//! Who is told of a call, and of what: the wish of `StatusCallback` and its events.

use confab_conference::Url;
use serde::{Deserialize, Serialize};

/// What can be told of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum CallEvent {
    /// It has begun: for one that came to us, its INVITE is here.
    Initiated,
    /// It rings.
    Ringing,
    /// It was answered.
    Answered,
    /// It is over, however it ended.
    Completed,
}

/// Who is told of a call, and of what.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallCallback {
    /// Whom to tell.
    pub to: Url,
    /// Of what.
    pub events: Vec<CallEvent>,
}

impl CallEvent {
    /// The words of `StatusCallbackEvent`.
    pub const WORDS: [(&str, Self); 4] = [
        ("initiated", Self::Initiated),
        ("ringing", Self::Ringing),
        ("answered", Self::Answered),
        ("completed", Self::Completed),
    ];

    /// The event of a word, in any case.
    #[must_use]
    pub fn of_word(word: &str) -> Option<Self> {
        let mut words = Self::WORDS.into_iter();
        let found = words.find(|(known, _)| known.eq_ignore_ascii_case(word));
        found.map(|(_, event)| event)
    }
}

impl CallCallback {
    /// No event named: of the end alone.
    #[must_use]
    pub fn new(to: Url, events: Vec<CallEvent>) -> Self {
        let events = if events.is_empty() {
            vec![CallEvent::Completed]
        } else {
            events
        };
        Self { to, events }
    }
}
