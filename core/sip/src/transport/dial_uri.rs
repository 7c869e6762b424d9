//! Check of a dialed URI: scheme, transport and host, with an error for each unsupported part.

use thiserror::Error;

use super::next_hop::Hop;
use crate::message::Uri;

/// Reason why a URI cannot be dialed.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum NotDialled {
    /// The text is no SIP URI.
    #[error("{0:?} is no SIP URI; sip:anna@192.0.2.1 would do")]
    NotSip(String),
    /// `sips:` or `;transport=tls` while TLS is disabled.
    #[error("{0:?} asks for TLS, which is off here; sip:, or CONFAB_SIPS_LISTEN, would do")]
    Secure(String),
    /// Unsupported value of `;transport=`.
    #[error("{0:?} asks for a transport that confab does not have; udp, tcp or tls would do")]
    Transport(String),
    /// Unspecified address, multicast address, or port 0.
    #[error("{0:?} names an address that nobody has; a host's own would do")]
    Nowhere(String),
}

/// Checks if a URI can be dialed, with or without TLS.
///
/// # Errors
///
/// Returns the unsupported part of the URI.
pub fn check_dialled(uri: &str, has_tls: bool) -> Result<(), NotDialled> {
    next_hop_of_uri(uri, has_tls).map(drop)
}

/// Returns the next hop of a call to this URI.
pub(crate) fn next_hop_of_uri(text: &str, has_tls: bool) -> Result<Hop, NotDialled> {
    let Some(Uri::Sip(uri)) = Uri::parse(text) else {
        return Err(NotDialled::NotSip(text.to_owned()));
    };
    let is_tls = |said: String| said.eq_ignore_ascii_case("tls");
    if !has_tls && (uri.secure || uri.transport().is_some_and(is_tls)) {
        return Err(NotDialled::Secure(text.to_owned()));
    }
    let known = |said: String| {
        ["udp", "tcp", "tls"]
            .iter()
            .any(|k| said.eq_ignore_ascii_case(k))
    };
    if !uri.transport().is_none_or(known) {
        return Err(NotDialled::Transport(text.to_owned()));
    }
    Hop::of_dialled(&uri).ok_or_else(|| NotDialled::Nowhere(text.to_owned()))
}
