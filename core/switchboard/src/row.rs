//! Rows of live calls and conferences: the state needed to close them with their webhooks at the
//! next start after a kill.

use confab_conference::{Callback, ParticipantState, Url};
use confab_terms::{CallSid, ConferenceSid, Instant, RecordingSid};
use serde::{Deserialize, Serialize};

use crate::{CallCallback, CallView, ConferenceView};

/// Row of a live call, or of an ended call whose last callback has not been sent.
///
/// New fields need `serde(default)`: an earlier version may have written the row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallRow {
    /// The call as the API shows it, without the quality of the audio.
    pub view: CallView,
    /// Time of the answer, on the clock of the process that wrote the row.
    pub answered_at: Option<Instant>,
    /// Receiver of the call's events.
    pub status_callback: Option<CallCallback>,
    /// `SequenceNumber` of the next event.
    pub next_number: u64,
    /// Recording requested by the creator of the call.
    pub recording: Option<RecordingSid>,
    /// Seat taken in a conference.
    pub seat: Option<SeatRow>,
    /// Callback of the end, pending until the figures of the call's audio arrive.
    pub owed: Option<OwedCallback>,
}

/// Participant of a conference.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeatRow {
    /// The conference.
    pub conference: ConferenceSid,
    /// The participant.
    pub participant: ParticipantState,
    /// True between participant-speech-start and participant-speech-stop.
    pub speaks: bool,
}

/// Row of a live conference, or of an ended conference whose conference-end has not been sent. The
/// rows of the calls contain the participants.
///
/// New fields need `serde(default)`: an earlier version may have written the row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConferenceRow {
    /// The conference as the API shows it.
    pub view: ConferenceView,
    /// Time of the start, else of the creation, on the clock of the process that wrote the row.
    pub since: Instant,
    /// Receiver of the conference's events.
    pub callback: Option<Callback>,
    /// Second receiver of conference-end.
    pub event_callback_url: Option<String>,
    /// `SequenceNumber` of the last event sent.
    pub sequence: u64,
    /// Current or last recording of the conference.
    pub recording: Option<RecordingSid>,
    /// conference-end, pending until the file of the recording is complete.
    pub owed: Option<OwedCallback>,
}

/// Pending callback, complete except for the awaited fields.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwedCallback {
    /// Receivers of the callback.
    pub to: Vec<Url>,
    /// Known fields.
    pub fields: Vec<(String, String)>,
}

/// Change of a row.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum RowChange {
    /// Present state of a call.
    Call(Box<CallRow>),
    /// Removal of a call's row: no callback is pending.
    CallClosed(CallSid),
    /// Present state of a conference.
    Conference(Box<ConferenceRow>),
    /// Removal of a conference's row: no callback is pending.
    ConferenceClosed(ConferenceSid),
    /// Update of the time at which calls are known to be up.
    Alive,
}
