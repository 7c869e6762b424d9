//! What a user agent is told, and the name of what it makes of it.

use confab_terms::SocketAddr;
use serde::{Deserialize, Serialize};

/// Names one INVITE and the dialog that comes of it, from the first request to the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct DialogId(pub u64);

/// What a user agent is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Config {
    /// What Contact and Via say.
    pub address: SocketAddr,
    /// What they say over TLS, with the same address; `None`: there is no TLS.
    pub tls_port: Option<u16>,
    /// `Server` / `User-Agent`, after authentication only; none if empty.
    pub product: String,
    /// Seeds tags, branches and Call-IDs.
    pub seed: [u8; 32],
}

/// An INVITE to send.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invite {
    /// Request URI and To, `sip:room@host`.
    pub to: String,
    /// From, `sip:anna@host`.
    pub from: String,
    /// Display name of From.
    pub from_name: Option<String>,
    /// Where it goes, by the transport that `to` names; `None`: where `to` points to.
    pub via: Option<SocketAddr>,
    /// The offer.
    pub offer: Vec<u8>,
    /// Further headers (`X-…`).
    pub headers: Vec<(String, String)>,
}
