//! Transport protocols and their default ports.

use serde::{Deserialize, Serialize};

/// Default port (RFC 3261 §19.1.2).
pub(crate) const PORT: u16 = 5060;
/// Default port over TLS.
pub(crate) const SECURE_PORT: u16 = 5061;

/// Transport protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Transport {
    /// Datagrams, unreliable.
    Udp,
    /// Stream.
    Tcp,
    /// TLS over TCP.
    Tls,
}

impl Transport {
    /// Returns the transport in the form of Via.
    pub(crate) fn in_via(self) -> &'static str {
        match self {
            Self::Udp => "UDP",
            Self::Tcp => "TCP",
            Self::Tls => "TLS",
        }
    }

    /// Returns true if the transport is reliable and connection-oriented.
    pub(crate) fn is_stream(self) -> bool {
        self != Self::Udp
    }

    /// Returns the default port.
    #[must_use]
    pub fn port(self) -> u16 {
        match self {
            Self::Udp | Self::Tcp => PORT,
            Self::Tls => SECURE_PORT,
        }
    }
}
