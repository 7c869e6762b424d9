//! Source of a message, and ids of connections.

use confab_terms::SocketAddr;
use serde::{Deserialize, Serialize};

use crate::message::Transport;

/// Id of a connection, never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum ConnectionId {
    /// Inbound connection; numbered by the shell that accepts it.
    Theirs(u64),
    /// Outbound connection; numbered by the user agent.
    Ours(u64),
}

/// Source of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Source {
    pub(crate) transport: Transport,
    pub(crate) address: SocketAddr,
    /// Connection of the message; `None`: UDP.
    pub(crate) connection: Option<ConnectionId>,
}

impl Source {
    /// Creates the source of a datagram. IPv4-mapped addresses become IPv4 addresses, so that both
    /// compare equal.
    pub(crate) fn datagram(from: SocketAddr) -> Self {
        Self {
            transport: Transport::Udp,
            address: canonical(from),
            connection: None,
        }
    }

    pub(crate) fn stream(transport: Transport, from: SocketAddr, connection: ConnectionId) -> Self {
        Self {
            transport,
            address: canonical(from),
            connection: Some(connection),
        }
    }
}

/// Converts an IPv4-mapped address to the IPv4 address (RFC 4291 §2.5.5.2).
pub(crate) fn canonical(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}
