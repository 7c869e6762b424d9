//! Orders to the shell for connections and lookups, and events of connections.

use confab_terms::SocketAddr;
use serde::{Deserialize, Serialize};

use crate::message::Transport;

/// Id of a lookup.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Lookup(pub u64);

/// Order for a connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ConnectionOrder {
    /// Opens the connection without blocking; `Opened` or `Closed` follows.
    Open {
        /// Destination.
        to: SocketAddr,
        /// Over TLS: name or address that the certificate must contain; `None`: TCP.
        tls: Option<String>,
    },
    /// Sends bytes.
    Send(Vec<u8>),
    /// Closes the connection after all bytes are sent or after a timeout. No event of the
    /// connection may follow.
    Close,
}

/// Event of a connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ConnectionEvent {
    /// An outbound connection was opened, or an inbound connection was accepted.
    Opened {
        /// Address of the peer.
        peer: SocketAddr,
        /// Transport; relevant for inbound connections.
        transport: Transport,
    },
    /// Bytes were received.
    Received {
        /// Bytes in stream order, in chunks of any size.
        bytes: Vec<u8>,
    },
    /// The connection was closed or could not be opened. No bytes can be sent any more.
    Closed,
}
