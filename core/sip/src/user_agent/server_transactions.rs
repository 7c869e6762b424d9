//! Server transactions: sending and retransmission of responses.

use confab_terms::{Instant, limits};

use super::UserAgent;
use crate::ids::{DialogId, TransactionId};
use crate::limits::QuotaOwner;
use crate::message::{Echo, Method, Request, ResponseOut, Transport};
use crate::timers::{T1, T2, T4, TRANSACTION_TIMEOUT, Timer};
use crate::transaction::{ServerKey, ServerState, ServerTransaction, absorb_time};
use crate::transport::{Hop, Source};

impl UserAgent {
    /// Returns true if the limit allows another transaction.
    pub(crate) fn has_room(&self) -> bool {
        self.servers.len() + self.clients.len() < limits::SIP_TRANSACTIONS_MAX
    }

    pub(crate) fn begin_server(
        &mut self,
        request: &Request,
        source: Source,
        dialog: DialogId,
    ) -> TransactionId {
        let holder = self.holder_in(dialog, source);
        self.begin_server_of(request, source, (dialog, holder))
    }

    /// Creates a server transaction for a request outside of a dialog, counted for `holder`.
    pub(crate) fn begin_server_of(
        &mut self,
        request: &Request,
        source: Source,
        (dialog, holder): (DialogId, QuotaOwner),
    ) -> TransactionId {
        self.quotas.take(dialog, holder.clone());
        let known = self
            .dialogs
            .get(&dialog)
            .is_some_and(|known| known.verified);
        let verified = known || holder.is_verified(source);
        let id = TransactionId(self.next_number());
        let key = ServerKey::of(request);
        self.server_keys.insert(key.clone(), id);
        let transaction = ServerTransaction {
            key,
            invite: request.method == Method::Invite,
            source,
            to: Hop::of_response(source, request.via()),
            echo: Echo::of(request, source.address),
            state: ServerState::Trying,
            dialog,
            holder,
            verified,
            repeats: 0,
            unauthenticated: false,
        };
        self.servers.insert(id, transaction);
        id
    }

    /// Creates a server transaction for an unauthenticated peer; `None`: the limit of such
    /// transactions is reached.
    pub(crate) fn begin_unauthenticated(
        &mut self,
        request: &Request,
        source: Source,
    ) -> Option<TransactionId> {
        if self.unauthenticated >= limits::SIP_STRANGERS_MAX {
            return None;
        }
        let nobody = DialogId(self.next_number());
        let id = self.begin_server(request, source, nobody);
        self.servers.get_mut(&id)?.unauthenticated = true;
        self.unauthenticated += 1;
        Some(id)
    }

    /// Sends a response. Returns the response and its destination; `None` after a final response.
    pub(crate) fn respond(
        &mut self,
        now: Instant,
        id: TransactionId,
        reply: &ResponseOut,
    ) -> Option<(Hop, Vec<u8>)> {
        let server = self.servers.get_mut(&id)?;
        let answered = !matches!(
            server.state,
            ServerState::Trying | ServerState::Proceeding { .. }
        );
        if answered {
            return None;
        }
        let bytes = reply.bytes(&server.echo);
        let sent = (server.to.clone(), bytes.clone());
        let transport = server.to.transport;
        let refuses = server.invite && reply.status() >= 300;
        // Beyond the limit of pending rejections, the response is sent statelessly.
        if refuses && self.refusals >= limits::SIP_REFUSALS_MAX {
            self.send(now, &sent.0, sent.1.clone());
            self.remove_server(id);
            return Some(sent);
        }
        let timers = &mut self.timers;
        server.state = match (reply.status(), server.invite) {
            (..200, _) => ServerState::Proceeding { bytes },
            (200..300, true) => {
                timers.set(Timer::L(id), now + TRANSACTION_TIMEOUT);
                ServerState::Accepted
            }
            (_, true) => {
                self.refusals += 1;
                if transport == Transport::Udp {
                    timers.set(Timer::G(id), now + T1);
                }
                timers.set(Timer::H(id), now + TRANSACTION_TIMEOUT);
                ServerState::Completed { bytes, pause: T1 }
            }
            (_, false) => {
                timers.set(
                    Timer::J(id),
                    now + absorb_time(transport, TRANSACTION_TIMEOUT),
                );
                ServerState::Completed { bytes, pause: T1 }
            }
        };
        self.send(now, &sent.0, sent.1.clone());
        Some(sent)
    }

    /// Handles a retransmission of the request: sends the last response again.
    pub(crate) fn repeat_response(&mut self, now: Instant, id: TransactionId) {
        let Some(server) = self.servers.get(&id) else {
            return;
        };
        if let ServerState::Proceeding { bytes } | ServerState::Completed { bytes, .. } =
            &server.state
        {
            let (to, bytes) = (server.to.clone(), bytes.clone());
            self.send(now, &to, bytes);
        }
    }

    /// Handles the ACK of a non-2xx response. Returns false if the transaction expects no ACK.
    pub(crate) fn confirm(&mut self, now: Instant, id: TransactionId) -> bool {
        let Some(server) = self.servers.get_mut(&id) else {
            return false;
        };
        match server.state {
            ServerState::Completed { .. } => {
                server.state = ServerState::Confirmed;
                self.refusals = self.refusals.saturating_sub(1);
                self.timers.stop_server(id);
                let late = absorb_time(server.to.transport, T4);
                self.timers.set(Timer::I(id), now + late);
                true
            }
            ServerState::Confirmed => true,
            _ => false,
        }
    }

    /// Handles timer G: retransmits a non-2xx response to INVITE.
    pub(crate) fn retransmit_rejection(&mut self, now: Instant, id: TransactionId) {
        if let Some(server) = self.servers.get_mut(&id)
            && let ServerState::Completed { bytes, pause } = &mut server.state
            && (server.verified || server.repeats < limits::SIP_UNVERIFIED_REPEATS_MAX)
        {
            server.repeats = server.repeats.saturating_add(1);
            *pause = (*pause * 2).min(T2);
            self.timers.set(Timer::G(id), now + *pause);
            let (to, bytes) = (server.to.clone(), bytes.clone());
            self.send(now, &to, bytes);
        }
    }

    /// Removes a server transaction, after timer H, I, J or L.
    pub(crate) fn remove_server(&mut self, id: TransactionId) {
        self.timers.stop_server(id);
        if let Some(server) = self.servers.remove(&id) {
            self.server_keys.remove(&server.key);
            self.quotas.give_back(server.dialog, &server.holder);
            self.unauthenticated -= usize::from(server.unauthenticated);
            if server.invite && matches!(server.state, ServerState::Completed { .. }) {
                self.refusals = self.refusals.saturating_sub(1);
            }
        }
    }
}
