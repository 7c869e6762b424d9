//! State of one call: SIP and media state, running document, seat. Plain data without actions.

use confab_conference::{Settings, Url};
use confab_media::{LegFigures, LegMedia};
use confab_sdp::{Local, Session};
use confab_sip::{DialogId, Route};
use confab_terms::{
    AccountSid, CallSid, ConferenceSid, DigitString, Instant, LegId, RecordingSid, SocketAddr,
    WallTime,
};
use serde::{Deserialize, Serialize};

use crate::interpreter::{Announcements, Execution, Music};
use crate::{
    CallAudio, CallCallback, CallDirection, CallRow, CallStatus, CallView, Cookies, NewRecording,
    NextDocument,
};

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Call {
    pub(crate) sid: CallSid,
    pub(crate) dialog: DialogId,
    pub(crate) leg: LegId,
    /// Media thread of the leg; valid once the leg was requested.
    pub(crate) thread: u16,
    pub(crate) invite: Invite,
    pub(crate) state: CallState,
    /// Status in the API; final once the call is ending.
    pub(crate) status: CallStatus,
    pub(crate) times: Times,
    pub(crate) sip_result_code: Option<u16>,
    /// The call's own document.
    pub(crate) document: Execution,
    /// Conference that the call has joined or is expected in.
    pub(crate) seat: Option<Seat>,
    /// Hold or wait music, played instead of the room.
    pub(crate) music: Option<Music>,
    pub(crate) announcing: Announcements,
    pub(crate) redirects: Redirects,
    /// Cookies of the call's application.
    pub(crate) cookies: Cookies,
    /// Fallback URL, and the number of requests to the fallback URL.
    pub(crate) fallback: Option<Url>,
    pub(crate) fallbacks: u32,
    /// Status callback, and the number of events sent so far.
    pub(crate) status_callback: Option<CallCallback>,
    pub(crate) events_told: u64,
    /// Call to replace, until the ACK of this call.
    pub(crate) replaces: Option<Replaces>,
    /// State of an outbound call; `None` for an inbound call.
    pub(crate) outgoing: Option<Box<Outgoing>>,
    /// Current or last recording of the call.
    pub(crate) recording: Option<RecordingSid>,
    /// Last measurement of the audio.
    pub(crate) figures: Option<Box<LegFigures>>,
    /// Maximum duration after the answer.
    pub(crate) time_limit: Option<core::time::Duration>,
    /// Last stored row.
    pub(crate) row: Option<Box<CallRow>>,
}

/// Call to replace (RFC 3891).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Replaces {
    /// The replaced call gives up its seat.
    Seat(CallSid),
    /// The replaced call has no seat and ends.
    Call(CallSid),
}

/// Requested properties of an outbound call.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Outgoing {
    /// Route to the callee. `None`: the user is not registered, and the call ends at once.
    pub(crate) route: Option<Route>,
    pub(crate) from_uri: String,
    /// Headers of the callee's URI.
    pub(crate) headers: Vec<(String, String)>,
    /// True if challenges are answered with credentials of this call.
    pub(crate) has_credentials: bool,
    /// Document that runs after the answer.
    pub(crate) first: NextDocument,
    /// Settings of a recording that begins at the answer.
    pub(crate) record: Option<NewRecording>,
    /// The recording begun by `record`.
    pub(crate) recorded: Option<CallRecording>,
    /// DTMF digits sent after the answer, before the document runs.
    pub(crate) send_digits: Option<DigitString>,
}

/// Recording of an outbound call from the answer on.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct CallRecording {
    pub(crate) sid: RecordingSid,
    pub(crate) began: Instant,
    /// Duration, if the recording ended before the call.
    pub(crate) duration_ms: Option<u64>,
}

/// Properties from the INVITE.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Invite {
    pub(crate) source: SocketAddr,
    pub(crate) from: String,
    pub(crate) from_name: Option<String>,
    /// `sip:user@host` of the From header; empty for an outbound call.
    pub(crate) sip_from: String,
    pub(crate) to: String,
    /// Party that diverted the call.
    pub(crate) forwarded_from: Option<String>,
    pub(crate) to_user: String,
    pub(crate) to_host: String,
    pub(crate) call_id: String,
    pub(crate) x_headers: Vec<(String, String)>,
}

/// State of the SIP dialog and its media.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum CallState {
    /// Not answered; no leg was requested.
    Ringing { offer: Option<Box<Session>> },
    /// Waiting for the leg, to answer an inbound call or to send the INVITE of an outbound call.
    Opening {
        offer: Option<Box<Session>>,
        /// True if a leg was requested. The request waits for the host names of the offer, because
        /// an SDP answer must contain the leg's port at once.
        requested: bool,
    },
    /// A local offer was sent: in a 200 (the ACK brings the answer), or in an INVITE.
    Offering { local: Local, offer: Vec<u8> },
    /// The 200 was sent; the ACK is pending.
    Answered(Leg),
    /// The call is established.
    Up(Leg),
}

/// Negotiated media of the call.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Leg {
    pub(crate) local: Local,
    pub(crate) media: LegMedia,
    /// Last local SDP; a changed SDP needs a new version.
    pub(crate) answer: Vec<u8>,
}

/// Times of a call's events.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Times {
    pub(crate) created: WallTime,
    pub(crate) updated: WallTime,
    pub(crate) started: Option<WallTime>,
    pub(crate) ended: Option<WallTime>,
    /// Answer and end on the monotonic clock, for the duration.
    pub(crate) answered_at: Option<Instant>,
    pub(crate) ended_at: Option<Instant>,
}

impl Times {
    /// Returns the times of a call created now.
    pub(crate) fn begun(at: WallTime) -> Self {
        Self {
            created: at,
            updated: at,
            started: None,
            ended: None,
            answered_at: None,
            ended_at: None,
        }
    }
}

/// Seat in a conference, with the settings of `<Dial>`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Seat {
    pub(crate) conference: ConferenceSid,
    /// Time at which the seat was taken; `None` while the call is expected.
    pub(crate) since: Option<Instant>,
    /// Settings of the participant, needed again if the conference ends before the seat is taken.
    pub(crate) settings: Box<Settings>,
    pub(crate) dial: DialSettings,
}

/// Settings of `<Dial>` that apply after the join.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct DialSettings {
    pub(crate) action: Option<Url>,
    pub(crate) time_limit: Option<core::time::Duration>,
    pub(crate) hangup_on_star: bool,
    /// Settings of a recording of the call while seated.
    pub(crate) record: Option<NewRecording>,
    /// The recording begun by `record`.
    pub(crate) recording: Option<RecordingSid>,
}

/// Number of consecutive redirects without a pause of a second.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Redirects {
    pub(crate) count: u32,
}

impl Call {
    /// Returns whether audio can flow and the document can continue.
    pub(crate) fn is_up(&self) -> bool {
        matches!(self.state, CallState::Up(_))
    }

    pub(crate) fn direction(&self) -> CallDirection {
        match self.outgoing {
            Some(_) => CallDirection::OutboundApi,
            None => CallDirection::Inbound,
        }
    }

    /// Returns whether a 200 was sent or received.
    pub(crate) fn is_answered(&self) -> bool {
        match self.state {
            CallState::Ringing { .. } | CallState::Opening { .. } => false,
            CallState::Offering { .. } => self.outgoing.is_none(),
            CallState::Answered(_) | CallState::Up(_) => true,
        }
    }

    /// Returns the conference in which the call has taken a seat.
    pub(crate) fn seated_in(&self) -> Option<ConferenceSid> {
        let seat = self.seat.as_ref()?;
        seat.since.map(|_| seat.conference)
    }

    /// Returns the whole seconds from the answer to the end.
    pub(crate) fn seconds(&self) -> i64 {
        match (self.times.answered_at, self.times.ended_at) {
            (Some(from), Some(to)) => whole_seconds(from, to),
            _ => 0,
        }
    }

    pub(crate) fn view(&self, account: AccountSid) -> CallView {
        CallView {
            sid: self.sid,
            account,
            from: self.invite.from.clone(),
            to: self.invite.to.clone(),
            caller_name: self.invite.from_name.clone(),
            forwarded_from: self.invite.forwarded_from.clone(),
            status: self.status,
            direction: self.direction(),
            date_created: self.times.created,
            date_updated: self.times.updated,
            start_time: self.times.started,
            end_time: self.times.ended,
            seconds: self.times.ended.map(|_| self.seconds()),
            sip_result_code: self.sip_result_code,
            audio: self.figures.as_deref().map(CallAudio::of),
        }
    }
}

/// Returns the whole seconds between two moments.
pub(crate) fn whole_seconds(from: Instant, to: Instant) -> i64 {
    i64::try_from(to.saturating_since(from).as_secs()).unwrap_or(i64::MAX)
}
