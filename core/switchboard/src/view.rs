//! Live calls, conferences and participants as the API shows them. The store keeps the same types
//! for ended ones.

use confab_conference::{Because, EndReason, ParticipantState, Status};
use confab_media::{LegFigures, Spread};
use confab_terms::{AccountSid, CallSid, ConferenceSid, WallTime};
use serde::{Deserialize, Serialize};

/// Participant of a conference.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ParticipantView {
    /// The conference.
    pub conference: ConferenceSid,
    /// State by the conference rules.
    pub state: ParticipantState,
}

/// Conference.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConferenceView {
    /// Sid of the conference.
    pub sid: ConferenceSid,
    /// The account.
    pub account: AccountSid,
    /// Friendly name.
    pub friendly_name: String,
    /// Status of the conference.
    pub status: Status,
    /// Time of creation.
    pub date_created: WallTime,
    /// Time of the last change.
    pub date_updated: WallTime,
    /// Reason of the end; set once completed.
    pub end_reason: Option<EndReason>,
    /// Call whose leave ended the conference; set once completed.
    pub call_ending: Option<CallSid>,
}

/// Call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallView {
    /// Sid of the call.
    pub sid: CallSid,
    /// The account.
    pub account: AccountSid,
    /// Number, `client:NAME` or `sip:user@host`.
    pub from: String,
    /// Number, `client:NAME` or `sip:user@host`.
    pub to: String,
    /// Display name of the caller.
    pub caller_name: Option<String>,
    /// Party that diverted the call.
    #[serde(default)]
    pub forwarded_from: Option<String>,
    /// Status of the call.
    pub status: CallStatus,
    /// Direction of the call.
    pub direction: CallDirection,
    /// Time of the INVITE.
    pub date_created: WallTime,
    /// Time of the last change.
    pub date_updated: WallTime,
    /// Time of the answer.
    pub start_time: Option<WallTime>,
    /// Time of the end.
    pub end_time: Option<WallTime>,
    /// Whole seconds from the answer to the end, on the monotonic clock. `None` for a live call,
    /// and for a call stored by an earlier version.
    #[serde(default)]
    pub seconds: Option<i64>,
    /// Final SIP status of the INVITE.
    pub sip_result_code: Option<u16>,
    /// Quality of the audio; set after the first measurement.
    #[serde(default)]
    pub audio: Option<CallAudio>,
}

/// Quality of a call's audio.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallAudio {
    /// Mean opinion score of the ingress audio in tenths. `None`: no packet arrived.
    pub mos_tenths: Option<u8>,
    /// Round-trip time.
    pub round_trip_ms: Option<Spread>,
    /// Jitter of the egress audio at the peer.
    pub jitter_out_ms: Option<Spread>,
    /// Number of egress packets that the peer did not receive.
    pub lost_out: Option<u32>,
}

impl CallAudio {
    pub(crate) fn of(figures: &LegFigures) -> Self {
        Self {
            mos_tenths: Some(figures.mos_tenths).filter(|tenths| *tenths > 0),
            round_trip_ms: figures.round_trip_ms,
            jitter_out_ms: figures.jitter_out_ms,
            lost_out: figures.lost_out,
        }
    }
}

/// `CallStatus`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum CallStatus {
    /// queued
    Queued,
    /// ringing
    Ringing,
    /// in-progress
    InProgress,
    /// completed
    Completed,
    /// busy
    Busy,
    /// failed
    Failed,
    /// no-answer
    NoAnswer,
    /// canceled
    Canceled,
}

/// `Direction`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum CallDirection {
    /// Inbound call.
    Inbound,
    /// Outbound call created by the API.
    OutboundApi,
    /// Outbound call created by `<Dial>`.
    OutboundDial,
}

/// Audibility of every ordered pair of a conference.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AudibilityView {
    /// The conference.
    pub conference: ConferenceSid,
    /// Tick of the comparison with the room.
    pub tick: u64,
    /// Tuples of listener, speaker, audible and reason.
    pub pairs: Vec<(CallSid, CallSid, bool, Because)>,
}
