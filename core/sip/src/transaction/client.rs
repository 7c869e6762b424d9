//! Client transactions (RFC 3261 §17.1, RFC 6026): retransmission of a request until a response,
//! and of the ACK for each repeated final response to INVITE.

use core::time::Duration;

use serde::{Deserialize, Serialize};

use crate::ids::DialogId;
use crate::message::{Method, RequestOut, Transport};
use crate::transport::{Hop, Key};

/// Maximum number of forks of one INVITE that get an ACK.
pub(crate) const FORKS_MAX: usize = 16;

/// ACK for a 2xx, repeated for each retransmission of that 2xx.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Ack {
    /// To tag of the 2xx.
    pub(crate) tag: Option<String>,
    pub(crate) to: Hop,
    pub(crate) bytes: Vec<u8>,
}

/// State of a client transaction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum ClientState {
    /// No response has arrived.
    Calling { pause: Duration },
    /// A provisional response has arrived.
    Proceeding,
    /// A final response has arrived. `ack`: ACK for a non-2xx response to INVITE.
    Completed { ack: Option<Vec<u8>> },
    /// A 2xx to INVITE has arrived.
    Accepted { acks: Vec<Ack> },
}

/// State of the cancellation of an INVITE.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Cancel {
    No,
    /// CANCEL is delayed until a provisional response (RFC 3261 §9.1).
    Wanted,
    Sent,
}

/// Client transaction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ClientTransaction {
    pub(crate) request: RequestOut,
    pub(crate) to: Hop,
    /// True if the connection was lost and the request was sent again.
    pub(crate) resent: bool,
    /// Number of earlier attempts that a challenge or 422 rejected.
    pub(crate) tries: u8,
    /// Challenges received: name of the credentials header and text of the challenge.
    pub(crate) challenges: Vec<(String, String)>,
    /// Name that the request was sent to. `next_targets`: its remaining targets.
    pub(crate) name: Option<Key>,
    pub(crate) next_targets: Vec<Hop>,
    pub(crate) state: ClientState,
    pub(crate) cancel: Cancel,
    pub(crate) dialog: DialogId,
}

/// Branch and method: the key that matches a response to its request (RFC 3261 §17.1.3).
pub(crate) type ClientKey = (String, Method);

/// Returns the duration of timers D, I, J and K: the given time over UDP, zero over a stream.
pub(crate) fn absorb_time(transport: Transport, on_datagrams: Duration) -> Duration {
    match transport {
        Transport::Udp => on_datagrams,
        Transport::Tcp | Transport::Tls => Duration::ZERO,
    }
}
