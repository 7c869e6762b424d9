//! Server transactions (RFC 3261 §17.2, RFC 6026): a retransmitted request gets the same response,
//! and a non-2xx response to INVITE is retransmitted until the ACK.

use core::time::Duration;

use serde::{Deserialize, Serialize};

use crate::ids::DialogId;
use crate::limits::QuotaOwner;
use crate::message::{Echo, Method, Request};
use crate::transport::{Hop, Source};

/// Key that matches a retransmission to its transaction (RFC 3261 §17.2.3).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct ServerKey(String);

impl ServerKey {
    /// Returns the key of a request. ACK and CANCEL have the key of their INVITE.
    pub(crate) fn of(request: &Request) -> Self {
        let method = match &request.method {
            Method::Ack | Method::Cancel => Method::Invite,
            method => method.clone(),
        };
        let via = request.via();
        Self(match via.unique_branch() {
            // The Call-ID is a part of the key, because some branches with the magic cookie are not
            // unique.
            Some(branch) => format!("{branch}|{}|{method}|{}", via.sent_by(), request.call_id),
            // RFC 2543 branch: the key contains all parts that a retransmission repeats.
            None => format!(
                "2543|{}|{:?}|{}|{}|{via}|{method}",
                request.uri.text(),
                request.from.tag(),
                request.call_id,
                request.cseq,
            ),
        })
    }
}

/// State of a server transaction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum ServerState {
    /// No response was sent.
    Trying,
    /// This provisional response was sent.
    Proceeding { bytes: Vec<u8> },
    /// This final response was sent; retransmitted for INVITE.
    Completed { bytes: Vec<u8>, pause: Duration },
    /// The non-2xx response to INVITE was acknowledged.
    Confirmed,
    /// A 2xx to INVITE was sent; the dialog retransmits the 2xx.
    Accepted,
}

/// Server transaction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ServerTransaction {
    pub(crate) key: ServerKey,
    pub(crate) invite: bool,
    /// Source of the request.
    pub(crate) source: Source,
    /// Next hop of the responses.
    pub(crate) to: Hop,
    pub(crate) echo: Echo,
    pub(crate) state: ServerState,
    pub(crate) dialog: DialogId,
    /// Peer that the transaction is counted for.
    pub(crate) holder: QuotaOwner,
    /// See `Dialog::verified`.
    pub(crate) verified: bool,
    /// Number of retransmissions of a non-2xx response.
    pub(crate) repeats: u8,
    /// True if counted in `UserAgent::unauthenticated`.
    pub(crate) unauthenticated: bool,
}
