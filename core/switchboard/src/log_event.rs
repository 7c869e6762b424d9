//! Events of calls and conferences, for the operator's log.

use confab_conference::{EndReason, LeaveReason};
use confab_terms::{CallSid, ConferenceSid, SocketAddr};
use serde::{Deserialize, Serialize};

use crate::CallStatus;

/// Event for the log. Texts come from the peer; the writer of the log escapes them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum News {
    /// An inbound call has begun.
    CallBegan {
        /// The call.
        call: CallSid,
        /// `sip:user@host`.
        from: String,
        /// `sip:user@host`.
        to: String,
        /// Source address of the INVITE.
        source: SocketAddr,
    },
    /// A SIP authentication failed: unknown user or wrong password.
    LoginFailed {
        /// Source of the request.
        source: SocketAddr,
    },
    /// A call was answered.
    CallAnswered {
        /// The call.
        call: CallSid,
        /// `sip:user@host`.
        from: String,
        /// `sip:user@host`.
        to: String,
        /// Source address of the INVITE.
        source: SocketAddr,
    },
    /// A call has ended.
    CallEnded {
        /// The call.
        call: CallSid,
        /// `sip:user@host`.
        from: String,
        /// Cause of the end.
        how: CallEnd,
        /// Final status.
        status: CallStatus,
        /// Final SIP status of the INVITE, if any.
        sip: Option<u16>,
        /// Seconds from the answer to the end.
        seconds: i64,
    },
    /// A conference has started.
    ConferenceStarted {
        /// The conference.
        conference: ConferenceSid,
        /// Friendly name.
        name: String,
    },
    /// A conference has ended.
    ConferenceEnded {
        /// The conference.
        conference: ConferenceSid,
        /// Reason of the end.
        why: EndReason,
        /// Call whose leave ended the conference.
        by: Option<CallSid>,
        /// Seconds from the start, or from the creation if the conference never started.
        seconds: i64,
    },
    /// A call has joined a conference.
    Joined {
        /// The call.
        call: CallSid,
        /// The conference.
        conference: ConferenceSid,
    },
    /// A call has left its conference.
    Left {
        /// The call.
        call: CallSid,
        /// The conference.
        conference: ConferenceSid,
        /// Reason of the leave.
        why: LeaveReason,
    },
}

/// Cause of a call's end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum CallEnd {
    /// BYE from the peer.
    TheyHungUp,
    /// BYE to the peer, or a rejection before the answer.
    WeHangUp,
    /// REST update: BYE, or 603 before the answer.
    EndedViaApi,
    /// CANCEL from the peer.
    Cancelled,
    /// Rejection of the INVITE with this SIP status.
    Refused(u16),
    /// Loss of the dialog: no ACK, or no response.
    Lost,
    /// Media timeout: no media arrived, and an in-dialog request got no response.
    MediaTimeout,
    /// End of the drain period.
    ServerShutdown,
    /// Kill of the process; the next start closes the call.
    ServerRestarted,
}
