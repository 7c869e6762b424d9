//! A participant's state, as rules and API know it.

use confab_terms::{CallSid, LegId, WallTime};
use serde::{Deserialize, Serialize};

/// Everything the API shows of a participant, and its label.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ParticipantState {
    /// Its call.
    pub call: CallSid,
    /// Its call's media end.
    pub leg: LegId,
    /// Another key for its path.
    pub label: Option<String>,
    /// As in the API.
    pub muted: bool,
    /// As in the API.
    pub hold: bool,
    /// As in the API.
    pub coaching: bool,
    /// As in the API; `None` while `coaching` after the target left: heard by nobody.
    pub call_sid_to_coach: Option<CallSid>,
    /// As in the API.
    pub start_conference_on_enter: bool,
    /// As in the API.
    pub end_conference_on_exit: bool,
    /// When it joined (before that: when it was expected).
    pub date_created: WallTime,
    /// When something last changed.
    pub date_updated: WallTime,
    /// False while the call only has been told to join.
    pub seated: bool,
}
