//! Failover between the targets of a name (RFC 3263 §4.3): the next target is tried after a
//! timeout, a transport failure or a 503.

use confab_terms::{Instant, limits};

use super::UserAgent;
use crate::dialog::DialogState;
use crate::ids::TransactionId;
use crate::message::{Method, RequestOut, Transport};
use crate::timers::Timer;
use crate::transaction::{Cancel, ClientState};
use crate::transport::{Hop, key_of};

impl UserAgent {
    /// Sends the request of a transaction to the first of the targets that a name resolved to, and
    /// stores the others.
    pub(crate) fn send_to_targets(
        &mut self,
        now: Instant,
        (id, named): (TransactionId, &Hop),
        mut ways: Vec<Hop>,
    ) {
        let Some(client) = self.clients.get_mut(&id).filter(|_| !ways.is_empty()) else {
            return;
        };
        let first = ways.remove(0);
        let by = first.transport;
        let changed = client.to.transport != by;
        client.to = first;
        client.next_targets = ways;
        client.name = key_of(named);
        if changed {
            let mut request = client.request.clone();
            self.set_contact_transport(&mut request, by);
            if let Some(client) = self.clients.get_mut(&id) {
                client.request = request;
            }
            if by.is_stream() {
                self.timers.stop(Timer::A(id));
                self.timers.stop(Timer::E(id));
            }
        }
        self.shorten_timeout(now, id);
        self.send_request(now, id);
    }

    /// Adapts Contact to the transport. A lookup never changes the transport to TLS; the Contact is
    /// therefore never `sips:`.
    fn set_contact_transport(&self, request: &mut RequestOut, by: Transport) {
        let contact = self.contact(by, false);
        for (name, value) in &mut request.headers {
            if name == "Contact" {
                value.clone_from(&contact);
            }
        }
    }

    /// Shortens the timeout of a request that has further targets.
    fn shorten_timeout(&mut self, now: Instant, id: TransactionId) {
        let Some(client) = self.clients.get(&id).filter(|c| !c.next_targets.is_empty()) else {
            return;
        };
        let timer = match client.request.method {
            Method::Invite => Timer::B(id),
            _ => Timer::F(id),
        };
        self.timers.set(timer, now + limits::SIP_NEXT_WAY_AFTER);
    }

    /// Sends a failed request to the next target, in a new transaction. Returns false if no target
    /// is left or the request was canceled.
    pub(crate) fn try_next_target(&mut self, now: Instant, id: TransactionId) -> bool {
        let Some(client) = self.clients.get_mut(&id) else {
            return false;
        };
        if let (Some(name), Some(at)) = (&client.name, client.to.address()) {
            self.names.failed(now, name, at);
        }
        if client.next_targets.is_empty() || client.cancel != Cancel::No || !self.has_room() {
            return false;
        }
        let Some(client) = self.clients.get_mut(&id) else {
            return false;
        };
        let to = client.next_targets.remove(0);
        let mut request = client.request.clone();
        let kept = client.clone();
        let fresh = TransactionId(self.next_number());
        request.branch = self.branch();
        if to.transport != kept.to.transport {
            self.set_contact_transport(&mut request, to.transport);
        }
        if let Some(known) = self.dialogs.get_mut(&kept.dialog) {
            if let DialogState::Inviting { client, .. } = &mut known.state
                && *client == id
            {
                *client = fresh;
                known.early.clear();
            }
            if let Some(reinvite) = &mut known.reinvite
                && reinvite.client == Some(id)
            {
                reinvite.client = Some(fresh);
            }
        }
        self.begin_client(now, fresh, request, to, kept.dialog);
        if let Some(client) = self.clients.get_mut(&fresh) {
            client.tries = kept.tries;
            client.challenges = kept.challenges;
            client.next_targets = kept.next_targets;
            client.name = kept.name;
        }
        self.shorten_timeout(now, fresh);
        true
    }

    /// Does the same for a request without any response, and removes the failed transaction.
    pub(crate) fn try_next_target_without_response(
        &mut self,
        now: Instant,
        id: TransactionId,
    ) -> bool {
        let pending_2xx = |state: &ClientState| matches!(state, ClientState::Calling { .. });
        let pending_2xx = self.clients.get(&id).is_some_and(|c| pending_2xx(&c.state));
        let goes_on = pending_2xx && self.try_next_target(now, id);
        if goes_on {
            self.remove_client(id);
        }
        goes_on
    }
}
