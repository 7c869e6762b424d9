//! Status callback of a call: `StatusCallback` and its events.

use confab_conference::Url;
use serde::{Deserialize, Serialize};

/// Event of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum CallEvent {
    /// The call was created; for an inbound call, at its INVITE.
    Initiated,
    /// The callee is alerted.
    Ringing,
    /// The call was answered.
    Answered,
    /// The call has ended, for any cause.
    Completed,
}

/// Receiver and requested events of a call's status callback.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallCallback {
    /// The receiver.
    pub to: Url,
    /// Requested events.
    pub events: Vec<CallEvent>,
}

impl CallEvent {
    /// Words of `StatusCallbackEvent`.
    pub const WORDS: [(&str, Self); 4] = [
        ("initiated", Self::Initiated),
        ("ringing", Self::Ringing),
        ("answered", Self::Answered),
        ("completed", Self::Completed),
    ];

    /// Returns the event of a word, in any case.
    #[must_use]
    pub fn of_word(word: &str) -> Option<Self> {
        let mut words = Self::WORDS.into_iter();
        let found = words.find(|(known, _)| known.eq_ignore_ascii_case(word));
        found.map(|(_, event)| event)
    }
}

impl CallCallback {
    /// Creates a callback. Without events the callback requests `Completed` only.
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
