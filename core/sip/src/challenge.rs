//! Who we are elsewhere: challenges of a trunk's are answered with its account, towards its
//! gateway and nobody else (CVE-2021-41158 is what happens otherwise).

use confab_terms::{Instant, limits};

use crate::UserAgent;
use crate::access::{Access, Peer};
use crate::client::ClientTransaction;
use crate::digest::{Account, Challenge};
use crate::hop::{Hop, Source, canonical};
use crate::message::{Outgoing, Response};
use crate::timers::TransactionId;

const CREDENTIALS: [&str; 2] = ["Authorization", "Proxy-Authorization"];

impl UserAgent {
    /// Puts credentials into a request that was refused for want of them. False: it had some,
    /// and they were wrong; or it is not for us to say who we are there.
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
        let peer = self.dialogs.get(&client.dialog).map(|dialog| &dialog.peer);
        let account = peer.and_then(|peer| account(&self.access, peer, client, from));
        let Some((trunk, account)) = account else {
            return false;
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
        let answered = self.answered.entry(trunk.to_owned()).or_default();
        let what = (request.method.as_str(), request.uri.as_str());
        request
            .headers
            .retain(|(name, _)| !CREDENTIALS.contains(&name.as_str()));
        // All of them anew: each number of a nonce is good for one request.
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

    /// A request within a dialog that was refused for want of credentials: once more with them
    /// (RFC 3261 §22.2). False: it was refused.
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

/// The account for a challenge from there: only if the request went to the gateway of the trunk
/// whose dialog it is, and that is where the challenge came from.
fn account<'a>(
    access: &'a Access,
    peer: &Peer,
    client: &ClientTransaction,
    from: Source,
) -> Option<(&'a str, &'a Account)> {
    let Peer::Trunk(name) = peer else {
        return None;
    };
    let trunk = access.trunk(name)?;
    let gateway = trunk.gateway.as_ref()?;
    let went_to = client.to.address()?;
    let went_there = match gateway.address {
        Some(address) => went_to == canonical(address),
        None => gateway.is_at(went_to.ip()),
    };
    let came_from_there = went_to.ip() == from.address.ip();
    let account = trunk.account.as_ref()?;
    (went_there && came_from_there).then_some((trunk.name.as_str(), account))
}

/// The credentials of an INVITE: its ACK has the same (RFC 3261 §22.1), if it goes the same way.
pub(crate) fn credentials(invite: &ClientTransaction, to: &Hop) -> Vec<(String, String)> {
    let headers = invite.request.headers.iter();
    let ours = headers.filter(|(name, _)| CREDENTIALS.contains(&name.as_str()));
    if invite.to.address().is_some() && invite.to.address() == to.address() {
        ours.cloned().collect()
    } else {
        Vec::new()
    }
}
