//! The verbs of a document, typed, defaults filled in.

use core::time::Duration;

use confab_terms::{DigitString, Method, limits};
use serde::{Deserialize, Serialize};

use crate::{ConferenceNoun, Recording};

/// How often a verb is carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Loops {
    /// This often, at least once.
    Times(u32),
    /// `loop="0"`: until something else ends it.
    Endless,
}

/// One step of a document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Verb {
    /// `<Play>`
    Play {
        /// Where the audio is, as written; never empty.
        url: String,
        /// How often.
        loops: Loops,
    },
    /// `<Play digits>`
    PlayDigits {
        /// The keys.
        digits: DigitString,
        /// How often.
        loops: Loops,
    },
    /// `<Say>`
    Say {
        /// What to say; never empty.
        text: String,
        /// Whose voice, as written.
        voice: Option<String>,
        /// In which language, as written.
        language: Option<String>,
        /// How often.
        loops: Loops,
    },
    /// `<Pause>`
    Pause {
        /// How long, at least a second.
        length: Duration,
    },
    /// `<Redirect>`: the document there takes this one's place.
    Redirect {
        /// As written. Empty: this document's own URL again.
        url: String,
        /// POST when absent.
        method: Method,
    },
    /// `<Hangup>`
    Hangup,
    /// `<Reject>`
    Reject {
        /// `reason="busy"`; else the call is rejected without a reason.
        busy: bool,
    },
    /// `<Dial>`
    Dial(Box<Dial>),
    /// `<Record>`
    Record(Box<Record>),
}

impl Verb {
    /// How often the verb is carried out: once, but for `<Play>` and `<Say>`.
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
    /// Whom to ask for the next document afterwards, as written; never empty.
    pub action: Option<String>,
    /// How to ask the action: POST when absent.
    pub method: Method,
    /// The longest stay.
    pub time_limit: Duration,
    /// `*` leaves.
    pub hangup_on_star: bool,
    /// Where to. `None`: nowhere that can be dialled (a warning says so); the dial fails.
    pub conference: Option<ConferenceNoun>,
    /// The call is recorded while it is in there.
    pub record: Option<Recording>,
}

/// `<Record>`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// Whom to ask for the next document afterwards, as written; never empty. `None`: this
    /// document's own URL again.
    pub action: Option<String>,
    /// How to ask the action: POST when absent.
    pub method: Method,
    /// So much silence ends it.
    pub timeout: Duration,
    /// Each of these keys ends it; none of them may.
    pub finish_on_key: String,
    /// It is over then, whatever is said.
    pub max_length: Duration,
    /// A tone says when it begins.
    pub play_beep: bool,
    /// How.
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
