//! Who we are elsewhere: challenges of a trunk's are answered with its account, towards its
//! gateway and nobody else (CVE-2021-41158 is what happens otherwise).

use confab_terms::{Instant, limits};

use crate::access::{Access, Peer};
use crate::client::ClientTransaction;
use crate::digest::{Account, Challenge};
use crate::hop::{Hop, Source, canonical};
use crate::message::{Outgoing, Response};
use crate::timers::TransactionId;
use crate::{DialogId, UserAgent};

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
        let client = self.clients.get(&client);
        let peer = client.and_then(|client| self.dialogs.get(&client.dialog));
        let peer = peer.map(|dialog| &dialog.peer);
        let account = client.and_then(|client| account(&self.access, peer?, client, from));
        let Some((trunk, account)) = account else {
            return false;
        };
        let challenges = response.headers.all(theirs);
        let challenges: Vec<String> = challenges.map(crate::message::lossy).collect();
        let Some(challenge) = Challenge::strongest(&challenges) else {
            return false;
        };
        let is_ours = |(name, _): &(String, String)| name == ours;
        if request.headers.iter().any(is_ours) && !challenge.is_stale() {
            return false;
        }
        let answered = self.answered.entry(trunk.to_owned()).or_default();
        let what = (request.method.as_str(), request.uri.as_str());
        let Some(text) = challenge.answer(account, what, &cnonce, answered) else {
            return false;
        };
        request.headers.retain(|header| !is_ours(header));
        request.headers.push((ours.to_owned(), text));
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
        let (mut request, to, id) = (old.request.clone(), old.to.clone(), old.dialog);
        if !self.has_room() || !self.add_credentials(&mut request, (client, from), response) {
            return false;
        }
        if !self.may_ask_anew(id) {
            return false;
        }
        request.branch = self.branch();
        let fresh = TransactionId(self.next_number());
        if let Some(known) = self.dialogs.get_mut(&id) {
            known.local_cseq += 1;
            request.cseq = known.local_cseq;
        }
        self.begin_client(now, fresh, request, to, id);
        true
    }

    /// Counts one more try of the same request; false: there were enough.
    pub(crate) fn may_ask_anew(&mut self, id: DialogId) -> bool {
        match self.dialogs.get_mut(&id) {
            Some(known) if known.anew < limits::SIP_ANEW_MAX => {
                known.anew += 1;
                true
            }
            _ => false,
        }
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
    let gateway = trunk.gateway.as_ref()?.address;
    let went_there = client.to.address() == Some(canonical(gateway));
    let came_from_there = from.address.ip() == gateway.ip().to_canonical();
    let account = trunk.account.as_ref()?;
    (went_there && came_from_there).then_some((trunk.name.as_str(), account))
}

/// The credentials of an INVITE: its ACK has the same (RFC 3261 §22.1), if it goes the same way.
pub(crate) fn credentials(invite: &ClientTransaction, to: &Hop) -> Vec<(String, String)> {
    let names = ["Authorization", "Proxy-Authorization"];
    let headers = invite.request.headers.iter();
    let ours = headers.filter(|(name, _)| names.contains(&name.as_str()));
    if invite.to.address().is_some() && invite.to.address() == to.address() {
        ours.cloned().collect()
    } else {
        Vec::new()
    }
}
