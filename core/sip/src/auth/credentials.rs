//! Credentials of a call, and the check that a challenger is entitled to credentials.

use confab_terms::SocketAddr;
use serde::{Deserialize, Serialize};

use super::access::{Access, Peer, Trunk};
use super::digest::{Account, NonceCounts};
use crate::transaction::ClientTransaction;
use crate::transport::{Hop, Source, canonical};

/// Credentials of one call, used instead of the trunk's account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Credentials {
    pub(crate) account: Account,
    /// Destination of the call; `None`: the name of a trunk.
    pub(crate) destination: Option<SocketAddr>,
    pub(crate) answered: NonceCounts,
}

pub(crate) const CREDENTIALS: [&str; 2] = ["Authorization", "Proxy-Authorization"];

/// Returns the trunk that is the dialog's peer.
pub(crate) fn trunk<'a>(access: &'a Access, peer: &Peer) -> Option<&'a Trunk> {
    match peer {
        Peer::Trunk(name) => access.trunk(name),
        _ => None,
    }
}

/// Returns true if credentials may be sent to the challenger. The request must have been sent to,
/// and the challenge must come from, the trunk's gateway or the destination of the call.
pub(crate) fn is_entitled(
    trunk: Option<&Trunk>,
    destination: Option<SocketAddr>,
    client: &ClientTransaction,
    from: Source,
) -> bool {
    let Some(went_to) = client.to.address() else {
        return false;
    };
    let went_there = match trunk.map(|trunk| trunk.gateway.as_ref()) {
        Some(None) => false,
        Some(Some(gateway)) => match gateway.address {
            Some(address) => went_to == canonical(address),
            None => gateway.is_at(went_to.ip()),
        },
        None => destination.map(canonical) == Some(went_to),
    };
    went_there && went_to.ip() == from.address.ip()
}

/// Returns the credentials of an INVITE for its ACK (RFC 3261 §22.1), if both have the same
/// destination.
pub(crate) fn credentials(invite: &ClientTransaction, to: &Hop) -> Vec<(String, String)> {
    let headers = invite.request.headers.iter();
    let ours = headers.filter(|(name, _)| CREDENTIALS.contains(&name.as_str()));
    if invite.to.address().is_some() && invite.to.address() == to.address() {
        ours.cloned().collect()
    } else {
        Vec::new()
    }
}
