//! Verbs of a document, typed, with defaults filled in.

use core::time::Duration;

use confab_terms::{DigitString, Method, limits};
use serde::{Deserialize, Serialize};

use crate::{ConferenceNoun, Recording};

/// Number of executions of a verb.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Loops {
    /// Finite number, at least 1.
    Times(u32),
    /// `loop="0"`: repeated until another event ends the verb.
    Endless,
}

/// Step of a document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Verb {
    /// `<Play>`
    Play {
        /// URL of the audio, as written; never empty.
        url: String,
        /// Number of executions.
        loops: Loops,
    },
    /// `<Play digits>`
    PlayDigits {
        /// Digits to send.
        digits: DigitString,
        /// Number of executions.
        loops: Loops,
    },
    /// `<Say>`
    Say {
        /// Text to speak; never empty.
        text: String,
        /// Voice, as written.
        voice: Option<String>,
        /// Language, as written.
        language: Option<String>,
        /// Number of executions.
        loops: Loops,
    },
    /// `<Pause>`
    Pause {
        /// Duration, at least a second.
        length: Duration,
    },
    /// `<Redirect>`: replaces the document with another one.
    Redirect {
        /// URL as written; empty for the URL of this document.
        url: String,
        /// Method of the request; POST when absent.
        method: Method,
    },
    /// `<Hangup>`
    Hangup,
    /// `<Reject>`
    Reject {
        /// True for `reason="busy"`; otherwise the call is rejected without a reason.
        busy: bool,
    },
    /// `<Dial>`
    Dial(Box<Dial>),
    /// `<Record>`
    Record(Box<Record>),
}

impl Verb {
    /// Returns the number of executions: once, except for `<Play>` and `<Say>`.
    #[must_use]
    pub fn loops(&self) -> Loops {
        match self {
            Self::Play { loops, .. } | Self::PlayDigits { loops, .. } | Self::Say { loops, .. } => {
                *loops
            }
            _ => Loops::Times(1),
        }
    }
}

/// `<Dial>`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dial {
    /// URL of the next document, as written; never empty.
    pub action: Option<String>,
    /// Method of the request to `action`; POST when absent.
    pub method: Method,
    /// Maximum duration of the stay in the conference.
    pub time_limit: Duration,
    /// True if the digit `*` leaves the conference.
    pub hangup_on_star: bool,
    /// Destination. `None` if there is no valid one (a warning is added); the dial fails.
    pub conference: Option<ConferenceNoun>,
    /// Recording of the call while in the conference.
    pub record: Option<Recording>,
}

/// `<Record>`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// URL of the next document, as written; never empty. `None`: the URL of this document.
    pub action: Option<String>,
    /// Method of the request to `action`; POST when absent.
    pub method: Method,
    /// Duration of silence that ends the recording.
    pub timeout: Duration,
    /// Digits that end the recording, possibly none.
    pub finish_on_key: String,
    /// Maximum duration of the recording.
    pub max_length: Duration,
    /// True if a tone marks the start.
    pub play_beep: bool,
    /// Recording settings.
    pub recording: Recording,
}

impl Default for Dial {
    fn default() -> Self {
        Self {
            action: None,
            method: Method::Post,
            time_limit: limits::TIME_LIMIT_DEFAULT,
            hangup_on_star: false,
            conference: None,
            record: None,
        }
    }
}
