//! What became of calls and conferences, for the log of whoever runs the server.

use confab_conference::{EndReason, LeaveReason};
use confab_terms::{CallSid, ConferenceSid, SocketAddr};
use serde::{Deserialize, Serialize};

use crate::CallStatus;

/// Something that happened. Texts are the other side's: whoever writes them down escapes them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum News {
    /// A call came to us.
    CallBegan {
        /// Which.
        call: CallSid,
        /// `sip:user@host`.
        from: String,
        /// `sip:user@host`.
        to: String,
        /// Where its INVITE came from.
        source: SocketAddr,
    },
    /// A SIP login failed: unknown user or wrong password.
    LoginFailed {
        /// Source of the request.
        source: SocketAddr,
    },
    /// It was answered.
    CallAnswered {
        /// Which.
        call: CallSid,
        /// `sip:user@host`.
        from: String,
        /// `sip:user@host`.
        to: String,
        /// Where its INVITE came from.
        source: SocketAddr,
    },
    /// It is over.
    CallEnded {
        /// Which.
        call: CallSid,
        /// `sip:user@host`.
        from: String,
        /// By whom, or by what.
        how: CallEnd,
        /// Its last word.
        status: CallStatus,
        /// The final status of its INVITE, if there was one.
        sip: Option<u16>,
        /// From its answer to its end.
        seconds: i64,
    },
    /// A conference has started.
    ConferenceStarted {
        /// Which.
        conference: ConferenceSid,
        /// Its friendly name.
        name: String,
    },
    /// It is over.
    ConferenceEnded {
        /// Which.
        conference: ConferenceSid,
        /// Why.
        why: EndReason,
        /// By whose leaving.
        by: Option<CallSid>,
        /// From its start, or its making if it never started.
        seconds: i64,
    },
    /// A call has joined a conference.
    Joined {
        /// Who.
        call: CallSid,
        /// Where.
        conference: ConferenceSid,
    },
    /// A call has left its conference.
    Left {
        /// Who.
        call: CallSid,
        /// Where.
        conference: ConferenceSid,
        /// Why.
        why: LeaveReason,
    },
}

/// How a call ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum CallEnd {
    /// BYE from the other side.
    TheyHungUp,
    /// BYE from us, or a rejection where it was not answered yet.
    WeHangUp,
    /// An update of the API: BYE, or 603 where it was not answered yet.
    EndedViaApi,
    /// CANCEL.
    Cancelled,
    /// We refuse the INVITE with this status.
    Refused(u16),
    /// The dialog is gone without a word: no ACK, no answer.
    Lost,
    /// No media came, and a request in the dialog found no answer.
    MediaTimeout,
    /// The drain's time is up.
    ServerShutdown,
    /// The process was killed; the next start closes the call.
    ServerRestarted,
}
