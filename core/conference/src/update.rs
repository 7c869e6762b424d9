//! One update of a participant: parsed and typed, every field optional.

use confab_terms::{CallSid, Method};
use serde::{Deserialize, Serialize};

use crate::BeepWish;

/// `CallSidToCoach` as it was sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Target {
    /// Sent empty: clears.
    Nobody,
    /// A well-formed sid.
    Call(CallSid),
    /// Not a sid at all: no such participant (16002).
    Unknown(String),
}

/// The fields of one update. `None`: absent, so unchanged. Values are already well-formed
/// (a boolean is one, a URL is absolute); what only the conference can refuse, it refuses.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Update {
    /// `Muted`.
    pub muted: Option<bool>,
    /// `Hold`.
    pub hold: Option<bool>,
    /// `HoldUrl`; empty is silence.
    pub hold_url: Option<String>,
    /// `HoldMethod`, GET when absent.
    pub hold_method: Option<Method>,
    /// `Coaching`.
    pub coaching: Option<bool>,
    /// `CallSidToCoach`.
    pub call_sid_to_coach: Option<Target>,
    /// `AnnounceUrl`.
    pub announce_url: Option<String>,
    /// `AnnounceMethod`, POST when absent.
    pub announce_method: Option<Method>,
    /// `WaitUrl`; empty is silence.
    pub wait_url: Option<String>,
    /// `WaitMethod`, POST when absent.
    pub wait_method: Option<Method>,
    /// `Beep`: `Both` sounds once now; `Never` does nothing; the others are kept.
    pub beep: Option<BeepWish>,
    /// `BeepOnExit`.
    pub beep_on_exit: Option<bool>,
    /// `EndConferenceOnExit`.
    pub end_conference_on_exit: Option<bool>,
}
