//! Configuration of a user agent, and outbound INVITEs.

use confab_terms::SocketAddr;
use serde::{Deserialize, Serialize};

/// Configuration of a user agent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Config {
    /// Address in Contact and Via.
    pub address: SocketAddr,
    /// Port in Contact and Via over TLS, with the same IP address; `None`: TLS is disabled.
    pub tls_port: Option<u16>,
    /// Value of `Server` and `User-Agent`, sent after authentication only; empty: no header.
    pub product: String,
    /// Seed of tags, branches and Call-IDs.
    pub seed: [u8; 32],
}

/// INVITE to send.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invite {
    /// Request URI and To URI: `sip:room@host`.
    pub to: String,
    /// From URI: `sip:anna@host`.
    pub from: String,
    /// Display name in From.
    pub from_name: Option<String>,
    /// Next hop, with the transport of `to`; `None`: the host of `to`.
    pub via: Option<SocketAddr>,
    /// SDP offer.
    pub offer: Vec<u8>,
    /// Further headers (`X-…`).
    pub headers: Vec<(String, String)>,
}
