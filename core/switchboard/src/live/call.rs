//! One call: where it stands, what it runs, where it sits. Plain data; nothing here acts.

use confab_conference::{Settings, Url};
use confab_media::{LegFigures, LegMedia};
use confab_sdp::{Local, Session};
use confab_sip::{DialogId, Route};
use confab_terms::{
    AccountSid, CallSid, ConferenceSid, DigitString, Instant, LegId, RecordingSid, SocketAddr,
    WallTime,
};
use serde::{Deserialize, Serialize};

use crate::program::{Announcing, Flow, Music};
use crate::{
    CallAudio, CallCallback, CallDirection, CallRow, CallStatus, CallView, Cookies, NewRecording,
    NextDocument,
};

/// A call.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Call {
    pub(crate) sid: CallSid,
    pub(crate) dialog: DialogId,
    pub(crate) leg: LegId,
    /// Where its leg is, once that was asked for.
    pub(crate) thread: u16,
    pub(crate) invite: Invite,
    pub(crate) state: CallState,
    /// What the API says of it; a final word once the call is ending.
    pub(crate) status: CallStatus,
    pub(crate) times: Times,
    pub(crate) sip_result_code: Option<u16>,
    /// The document that it runs.
    pub(crate) flow: Flow,
    /// The conference that it is in, or is expected in.
    pub(crate) seat: Option<Seat>,
    /// What it hears besides its room: hold or wait music.
    pub(crate) music: Option<Music>,
    pub(crate) announcing: Announcing,
    pub(crate) redirects: Redirects,
    /// Set by its application, returned with its later requests.
    pub(crate) cookies: Cookies,
    /// What it asks when its document fails, and how often it did.
    pub(crate) fallback: Option<Url>,
    pub(crate) fallbacks: u32,
    /// Who is told of it, and of how much they were told.
    pub(crate) status_callback: Option<CallCallback>,
    pub(crate) events_told: u64,
    /// The call that it is to replace, until its ACK.
    pub(crate) replaces: Option<Replaces>,
    /// One of ours.
    pub(crate) outgoing: Option<Box<Outgoing>>,
    /// The recording that is taken of it, or was last.
    pub(crate) recording: Option<RecordingSid>,
    /// Its audio as it was measured last.
    pub(crate) figures: Option<Box<LegFigures>>,
    /// Maximum duration after the answer.
    pub(crate) time_limit: Option<core::time::Duration>,
    /// Row that was stored last.
    pub(crate) row: Option<Box<CallRow>>,
}

/// What becomes of the other call (RFC 3891).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Replaces {
    /// It gives its seat up.
    Seat(CallSid),
    /// It has none: it only ends.
    Call(CallSid),
}

/// What is wished for of a call of ours.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Outgoing {
    /// The way to the callee; `None`: the user is not registered, and the call ends at once.
    pub(crate) route: Option<Route>,
    pub(crate) from_uri: String,
    /// Headers of the URI that was called.
    pub(crate) headers: Vec<(String, String)>,
    /// True if challenges are answered with credentials of this call.
    pub(crate) has_credentials: bool,
    /// What it runs once it is answered.
    pub(crate) first: NextDocument,
    /// Recorded once it is answered.
    pub(crate) record: Option<NewRecording>,
    /// By that wish.
    pub(crate) recorded: Option<RecordedWhole>,
    /// Pressed once it is answered, before it runs anything.
    pub(crate) send_digits: Option<DigitString>,
}

/// The recording of a call of ours from its answer on.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct RecordedWhole {
    pub(crate) sid: RecordingSid,
    pub(crate) began: Instant,
    /// How long it is, if it ended before the call.
    pub(crate) duration_ms: Option<u64>,
}

/// What the INVITE said.
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

/// How far the call has come, as SIP and media know it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum CallState {
    /// Not answered, and no leg asked for.
    Ringing { offer: Option<Box<Session>> },
    /// To be answered; a call of ours begins so.
    Opening {
        offer: Option<Box<Session>>,
        /// A leg was requested: not before the host names of the offer are resolved, because an
        /// SDP must name the leg's ports at once.
        requested: bool,
    },
    /// Our offer was sent: in a 200, and its ACK brings the answer; or in our INVITE.
    Offering { local: Local, offer: Vec<u8> },
    /// The 200 was sent, its ACK is awaited.
    Answered(Leg),
    /// Acknowledged.
    Up(Leg),
}

/// The call's media as agreed.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Leg {
    pub(crate) local: Local,
    pub(crate) media: LegMedia,
    /// Our last SDP: another one needs another version.
    pub(crate) answer: Vec<u8>,
}

/// When what happened.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Times {
    pub(crate) created: WallTime,
    pub(crate) updated: WallTime,
    pub(crate) started: Option<WallTime>,
    pub(crate) ended: Option<WallTime>,
    /// Answer and end on the clock that never goes back, for the duration.
    pub(crate) answered_at: Option<Instant>,
    pub(crate) ended_at: Option<Instant>,
}

impl Times {
    /// Of a call that begins.
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

/// A place in a conference, and what `<Dial>` said of it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Seat {
    pub(crate) conference: ConferenceSid,
    /// When it was taken; `None` while the call is only expected.
    pub(crate) since: Option<Instant>,
    /// What it brings along: wanted again if the conference ends before it is seated.
    pub(crate) settings: Box<Settings>,
    pub(crate) dial: DialWish,
}

/// The part of `<Dial>` that outlives the joining.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct DialWish {
    pub(crate) action: Option<Url>,
    pub(crate) time_limit: Option<core::time::Duration>,
    pub(crate) hangup_on_star: bool,
    /// It is recorded while it sits there.
    pub(crate) record: Option<NewRecording>,
    /// What is recorded so.
    pub(crate) recording: Option<RecordingSid>,
}

/// How often the call was sent on without a second of anything else.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Redirects {
    pub(crate) count: u32,
}

impl Call {
    /// Whether audio can flow and the document may run on.
    pub(crate) fn is_up(&self) -> bool {
        matches!(self.state, CallState::Up(_))
    }

    pub(crate) fn direction(&self) -> CallDirection {
        match self.outgoing {
            Some(_) => CallDirection::OutboundApi,
            None => CallDirection::Inbound,
        }
    }

    /// Whether the 200 was sent, or came.
    pub(crate) fn is_answered(&self) -> bool {
        match self.state {
            CallState::Ringing { .. } | CallState::Opening { .. } => false,
            CallState::Offering { .. } => self.outgoing.is_none(),
            CallState::Answered(_) | CallState::Up(_) => true,
        }
    }

    /// The conference in which it has taken its seat.
    pub(crate) fn seated_in(&self) -> Option<ConferenceSid> {
        let seat = self.seat.as_ref()?;
        seat.since.map(|_| seat.conference)
    }

    /// Whole seconds from the answer to the end.
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
