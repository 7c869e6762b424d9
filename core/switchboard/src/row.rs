//! Rows of live calls and conferences: the state that the next start needs to close them with
//! their webhooks after the process was killed.

use confab_conference::{Callback, ParticipantState, Url};
use confab_terms::{CallSid, ConferenceSid, Instant, RecordingSid};
use serde::{Deserialize, Serialize};

use crate::{CallCallback, CallView, ConferenceView};

/// A live call, or an ended one whose last callback has not been sent.
///
/// New fields need `serde(default)`: the row may be from an earlier version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallRow {
    /// The call as the API shows it, without the quality of its audio.
    pub view: CallView,
    /// The answer, on the clock of the process that wrote the row.
    pub answered_at: Option<Instant>,
    /// Receiver of the call's events.
    pub status_callback: Option<CallCallback>,
    /// `SequenceNumber` of the next event.
    pub next_number: u64,
    /// The recording that whoever made the call requested.
    pub recording: Option<RecordingSid>,
    /// The seat that it has taken in a conference.
    pub seat: Option<SeatRow>,
    /// Callback of the end, which waits for the figures of the call's audio.
    pub owed: Option<OwedCallback>,
}

/// A participant of a conference.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeatRow {
    /// The conference.
    pub conference: ConferenceSid,
    /// The participant.
    pub participant: ParticipantState,
    /// True between participant-speech-start and participant-speech-stop.
    pub speaks: bool,
}

/// A live conference, or an ended one whose conference-end has not been sent. Its participants are
/// in the rows of their calls.
///
/// New fields need `serde(default)`: the row may be from an earlier version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConferenceRow {
    /// The conference as the API shows it.
    pub view: ConferenceView,
    /// Its start, else its creation, on the clock of the process that wrote the row.
    pub since: Instant,
    /// Receiver of its events.
    pub callback: Option<Callback>,
    /// Second receiver of conference-end.
    pub event_callback_url: Option<String>,
    /// `SequenceNumber` of the event sent last.
    pub sequence: u64,
    /// The recording that is made of it, or was last.
    pub recording: Option<RecordingSid>,
    /// conference-end, which waits for the file of the recording.
    pub owed: Option<OwedCallback>,
}

/// A callback that is complete but for what it waits for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwedCallback {
    /// Its receivers.
    pub to: Vec<Url>,
    /// Its fields so far.
    pub fields: Vec<(String, String)>,
}

/// A change of the rows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum RowChange {
    /// A call as it is now.
    Call(Box<CallRow>),
    /// A call that owes nothing any more: no row.
    CallClosed(CallSid),
    /// A conference as it is now.
    Conference(Box<ConferenceRow>),
    /// A conference that owes nothing any more: no row.
    ConferenceClosed(ConferenceSid),
    /// Nothing but the time: calls are up.
    Alive,
}
