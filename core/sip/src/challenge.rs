//! Responses to digest challenges: the trunk's account is used towards the trunk's gateway only.
//! (Credentials sent to any other host leak, as in CVE-2021-41158.)

use confab_terms::{Instant, SocketAddr, limits};
use serde::{Deserialize, Serialize};

use crate::access::{Access, Peer};
use crate::client::ClientTransaction;
use crate::digest::{Account, Answered, Challenge};
use crate::hop::{Hop, Source, canonical};
use crate::message::{Outgoing, Response};
use crate::timers::TransactionId;
use crate::{Trunk, UserAgent};

/// Credentials of one call, used instead of the trunk's account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Credentials {
    pub(crate) account: Account,
    /// Destination of the call; `None`: the name of a trunk.
    pub(crate) asked_at: Option<SocketAddr>,
    pub(crate) answered: Answered,
}

const CREDENTIALS: [&str; 2] = ["Authorization", "Proxy-Authorization"];

impl UserAgent {
    /// Adds credentials to a request that a 401 or 407 rejected. Returns false if the request
    /// already had credentials and its nonce is not stale, or if the challenger is not entitled to
    /// credentials.
    pub(crate) fn add_credentials(
        &mut self,
        request: &mut Outgoing,
        (client, from): (TransactionId, Source),
        response: &Response,
    ) -> bool {
        let (theirs, ours) = match response.status {
            401 => ("WWW-Authenticate", "Authorization"),
            _ => ("Proxy-Authenticate", "Proxy-Authorization"),
        };
        let cnonce = self.tag();
        let Some(client) = self.clients.get_mut(&client) else {
            return false;
        };
        let Some(dialog) = self.dialogs.get_mut(&client.dialog) else {
            return false;
        };
        let (trunk, own) = (trunk(&self.access, &dialog.peer), &mut dialog.credentials);
        let asked_at = own.as_ref().and_then(|own| own.asked_at);
        if !is_theirs_to_ask(trunk, asked_at, client, from) {
            return false;
        }
        let (account, answered) = match (own, trunk) {
            (Some(own), _) => (&own.account, &mut own.answered),
            (None, Some(trunk)) => {
                let Some(account) = &trunk.account else {
                    return false;
                };
                (
                    account,
                    self.answered.entry(trunk.name.clone()).or_default(),
                )
            }
            (None, None) => return false,
        };
        let texts = response.headers.all(theirs);
        let texts: Vec<String> = texts.map(crate::message::lossy).collect();
        let Some((challenge, text)) = Challenge::strongest(&texts) else {
            return false;
        };
        let known = client.challenges.iter().position(|(name, _)| name == ours);
        if known.is_some() && !challenge.is_stale() {
            return false;
        }
        if let Some(at) = known {
            client.challenges.remove(at);
        }
        client.challenges.push((ours.to_owned(), text));
        let what = (request.method.as_str(), request.uri.as_str());
        request
            .headers
            .retain(|(name, _)| !CREDENTIALS.contains(&name.as_str()));
        // All credentials are computed again, because each nonce count is valid for one request.
        for (name, text) in &client.challenges {
            let challenge = Challenge::strongest(core::slice::from_ref(text));
            let answer = challenge.and_then(|(c, _)| c.answer(account, what, &cnonce, answered));
            let Some(answer) = answer else {
                return false;
            };
            request.headers.push((name.clone(), answer));
        }
        true
    }

    /// Sends a request within a dialog again with credentials (RFC 3261 §22.2). Returns false if
    /// the rejection is final.
    pub(crate) fn show_credentials(
        &mut self,
        now: Instant,
        (client, from): (TransactionId, Source),
        response: &Response,
    ) -> bool {
        let Some(old) = self.clients.get(&client) else {
            return false;
        };
        let (mut request, id) = (old.request.clone(), old.dialog);
        if old.tries >= limits::SIP_ANEW_MAX || !self.has_room() {
            return false;
        }
        if !self.add_credentials(&mut request, (client, from), response) {
            return false;
        }
        request.branch = self.branch();
        let fresh = TransactionId(self.next_number());
        if let Some(known) = self.dialogs.get_mut(&id) {
            known.local_cseq += 1;
            request.cseq = known.local_cseq;
        }
        self.begin_again(now, (client, fresh), request);
        true
    }
}

/// Returns the trunk that is the dialog's peer.
fn trunk<'a>(access: &'a Access, peer: &Peer) -> Option<&'a Trunk> {
    match peer {
        Peer::Trunk(name) => access.trunk(name),
        _ => None,
    }
}

/// Returns true if credentials may be sent to the challenger. The request must have been sent to,
/// and the challenge must come from, the trunk's gateway or the destination of the call.
fn is_theirs_to_ask(
    trunk: Option<&Trunk>,
    asked_at: Option<SocketAddr>,
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
        None => asked_at.map(canonical) == Some(went_to),
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
