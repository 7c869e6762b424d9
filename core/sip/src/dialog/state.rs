//! State of a dialog and of its pending transactions: 2xx without ACK, offer without answer,
//! reliable provisional response without PRACK.

use core::time::Duration;

use serde::{Deserialize, Serialize};

use super::session_timer::SessionTimer;
use crate::ids::TransactionId;
use crate::transport::Hop;

/// State of a dialog.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum DialogState {
    /// Inbound INVITE; the application has not decided.
    Invited { server: TransactionId },
    /// Outbound INVITE without a final response.
    Inviting { client: TransactionId, rang: bool },
    /// Canceled outbound INVITE without a final response.
    Canceled,
    /// Established: a 2xx was sent or received.
    Established,
    /// Hung up after the 2xx was sent and before the ACK; BYE follows the ACK.
    ByePending,
    /// BYE was sent and has no response.
    ByeSent,
}

/// 2xx without ACK.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Pending2xx {
    pub(crate) cseq: u32,
    pub(crate) bytes: Vec<u8>,
    pub(crate) to: Hop,
    /// Current retransmission interval, doubled at each retransmission.
    pub(crate) pause: Duration,
    /// Number of retransmissions so far.
    pub(crate) repeats: u8,
    /// True for the 2xx to the initial INVITE, false for that to a re-INVITE.
    pub(crate) first: bool,
    /// True if the 2xx carries an offer: the ACK carries the answer.
    pub(crate) late: bool,
}

/// Support for reliable provisional responses in an inbound INVITE (RFC 3262).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Support100rel {
    Unsupported,
    Supported,
    Required,
}

/// Reliable provisional response without PRACK.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PendingReliable {
    pub(crate) bytes: Vec<u8>,
    pub(crate) to: Hop,
    pub(crate) pause: Duration,
    /// Number of retransmissions so far.
    pub(crate) repeats: u8,
}

/// Inbound offer that the application has not decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct InboundOffer {
    pub(crate) server: TransactionId,
    pub(crate) cseq: u32,
    /// True for a re-INVITE, false for an UPDATE.
    pub(crate) invite: bool,
    /// True for a re-INVITE without an offer: the 2xx must carry the offer.
    pub(crate) late: bool,
    pub(crate) session_timer: Option<SessionTimer>,
}

/// Outbound re-INVITE.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct OutboundReinvite {
    pub(crate) offer: Vec<u8>,
    /// Pending transaction; `None`: the re-INVITE is delayed.
    pub(crate) client: Option<TransactionId>,
    pub(crate) tries: u8,
}
