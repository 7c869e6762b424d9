//! What the API shows of live things; the store keeps the same of those that ended.

use confab_conference::{Because, EndReason, ParticipantState, Status};
use confab_media::{LegFigures, Spread};
use confab_terms::{AccountSid, CallSid, ConferenceSid, WallTime};
use serde::{Deserialize, Serialize};

/// A participant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ParticipantView {
    /// Where.
    pub conference: ConferenceSid,
    /// As the rules have it.
    pub state: ParticipantState,
}

/// A conference.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConferenceView {
    /// Which.
    pub sid: ConferenceSid,
    /// Whose.
    pub account: AccountSid,
    /// Its name.
    pub friendly_name: String,
    /// As in the API.
    pub status: Status,
    /// When it came to be.
    pub date_created: WallTime,
    /// When something last changed.
    pub date_updated: WallTime,
    /// Once completed.
    pub end_reason: Option<EndReason>,
    /// Once completed, by whose leaving.
    pub call_ending: Option<CallSid>,
}

/// A call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallView {
    /// Which.
    pub sid: CallSid,
    /// Whose.
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
    /// As in the API.
    pub status: CallStatus,
    /// Inbound, or by whom.
    pub direction: CallDirection,
    /// The INVITE.
    pub date_created: WallTime,
    /// The last change.
    pub date_updated: WallTime,
    /// The answer.
    pub start_time: Option<WallTime>,
    /// The end.
    pub end_time: Option<WallTime>,
    /// Whole seconds from the answer to the end, on the clock that never goes back. `None` of a
    /// live call, and of one that an earlier version stored.
    #[serde(default)]
    pub seconds: Option<i64>,
    /// The final status of its INVITE, once there is one.
    pub sip_result_code: Option<u16>,
    /// Quality of its audio, once it was measured.
    #[serde(default)]
    pub audio: Option<CallAudio>,
}

/// Quality of a call's audio.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallAudio {
    /// Mean opinion score of the ingress audio in tenths; `None`: no packet came.
    pub mos_tenths: Option<u8>,
    /// Round-trip time.
    pub round_trip_ms: Option<Spread>,
    /// Jitter of the egress audio at the peer.
    pub jitter_out_ms: Option<Spread>,
    /// Packets of the egress audio that the peer missed.
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
    /// It came to us.
    Inbound,
    /// The API made it.
    OutboundApi,
    /// A `<Dial>` made it.
    OutboundDial,
}

/// Every ordered pair of a conference.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AudibilityView {
    /// Which.
    pub conference: ConferenceSid,
    /// The tick that it holds for.
    pub tick: u64,
    /// (listener, speaker, audible, because).
    pub pairs: Vec<(CallSid, CallSid, bool, Because)>,
}
