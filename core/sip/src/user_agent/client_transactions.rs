//! Client transactions: sending, retransmission and completion of requests.

use confab_terms::Instant;

use super::UserAgent;
use crate::ids::{DialogId, TransactionId};
use crate::message::{Method, RequestOut, Transport};
use crate::timers::{T1, T2, T4, TRANSACTION_TIMEOUT, Timer};
use crate::transaction::{Cancel, ClientState, ClientTransaction, absorb_time};
use crate::transport::Hop;

impl UserAgent {
    /// Creates a client transaction and sends its request.
    pub(crate) fn begin_client(
        &mut self,
        now: Instant,
        id: TransactionId,
        request: RequestOut,
        to: Hop,
        dialog: DialogId,
    ) {
        let (again, unanswered) = match request.method {
            Method::Invite => (Timer::A(id), Timer::B(id)),
            _ => (Timer::E(id), Timer::F(id)),
        };
        // A stream transport is reliable (RFC 3261 §17.1.1.2, §17.1.2.2).
        if to.transport == Transport::Udp {
            self.timers.set(again, now + T1);
        }
        self.timers.set(unanswered, now + TRANSACTION_TIMEOUT);
        let key = (request.branch.clone(), request.method.clone());
        self.client_keys.insert(key, id);
        let transaction = ClientTransaction {
            request,
            to,
            resent: false,
            tries: 0,
            challenges: Vec::new(),
            name: None,
            next_targets: Vec::new(),
            state: ClientState::Calling { pause: T1 },
            cancel: Cancel::No,
            dialog,
        };
        self.clients.insert(id, transaction);
        self.send_request(now, id);
    }

    /// Sends a request again in a new transaction, which inherits the challenges of `old`.
    pub(crate) fn begin_retry(
        &mut self,
        now: Instant,
        (old, fresh): (TransactionId, TransactionId),
        request: RequestOut,
    ) {
        let Some(before) = self.clients.get(&old) else {
            return;
        };
        let (to, dialog, tries) = (before.to.clone(), before.dialog, before.tries);
        let challenges = before.challenges.clone();
        self.begin_client(now, fresh, request, to, dialog);
        if let Some(client) = self.clients.get_mut(&fresh) {
            client.tries = tries + 1;
            client.challenges = challenges;
        }
    }

    /// Handles timers A and E: sends the request again.
    pub(crate) fn retransmit_request(&mut self, now: Instant, id: TransactionId) {
        let Some(client) = self.clients.get_mut(&id) else {
            return;
        };
        let invite = client.request.method == Method::Invite;
        let pause = match &mut client.state {
            // Intervals of an INVITE double without a limit, those of other methods up to T2.
            ClientState::Calling { pause } => {
                *pause *= 2;
                if invite { *pause } else { (*pause).min(T2) }
            }
            ClientState::Proceeding if !invite => T2,
            _ => return,
        };
        let timer = if invite { Timer::A(id) } else { Timer::E(id) };
        self.timers.set(timer, now + pause);
        self.send_request(now, id);
    }

    /// Handles a provisional response. Returns false after a final response.
    pub(crate) fn proceed(&mut self, id: TransactionId) -> bool {
        let Some(client) = self.clients.get_mut(&id) else {
            return false;
        };
        match client.state {
            ClientState::Calling { .. } | ClientState::Proceeding => {
                client.state = ClientState::Proceeding;
                true
            }
            _ => false,
        }
    }

    /// Handles a final response to a non-INVITE request. Returns false if the response is a
    /// retransmission.
    pub(crate) fn complete(&mut self, now: Instant, id: TransactionId) -> bool {
        let Some(client) = self.clients.get_mut(&id) else {
            return false;
        };
        if matches!(client.state, ClientState::Completed { .. }) {
            return false;
        }
        client.state = ClientState::Completed { ack: None };
        let transport = client.to.transport;
        // Timer K ends no later than timer F would have; the timeout of a final BYE is shorter than
        // T4.
        let patience = self.timers.due(Timer::F(id)).unwrap_or(now);
        self.timers.stop_client(id);
        let late = absorb_time(transport, T4);
        self.timers.set(Timer::K(id), (now + late).min(patience));
        true
    }

    /// Handles a non-2xx final response to INVITE; the transaction sends the ACK (RFC 3261
    /// §17.1.1.3). Returns false if the response is a retransmission.
    pub(crate) fn complete_invite(&mut self, now: Instant, id: TransactionId, to: &str) -> bool {
        let Some(client) = self.clients.get(&id) else {
            return false;
        };
        let (destination, fresh) = match &client.state {
            ClientState::Completed { ack } => {
                let (to, ack) = (client.to.clone(), ack.clone());
                self.send(now, &to, ack.unwrap_or_default());
                return false;
            }
            ClientState::Accepted { .. } => return false,
            _ => (client.to.clone(), client.request.clone()),
        };
        let ack = RequestOut {
            method: Method::Ack,
            to: to.to_owned(),
            headers: Vec::new(),
            sdp: Vec::new(),
            ..fresh
        };
        let bytes = ack.bytes(self.sent_by(destination.transport), destination.transport);
        let ack = Some(bytes.clone());
        if let Some(client) = self.clients.get_mut(&id) {
            client.state = ClientState::Completed { ack };
        }
        self.timers.stop_client(id);
        let late = absorb_time(destination.transport, TRANSACTION_TIMEOUT);
        self.timers.set(Timer::D(id), now + late);
        self.send(now, &destination, bytes);
        true
    }

    /// Removes a client transaction, after timer D, K or M or after a timeout.
    pub(crate) fn remove_client(&mut self, id: TransactionId) -> Option<ClientTransaction> {
        self.timers.stop_client(id);
        let client = self.clients.remove(&id)?;
        let key = (client.request.branch.clone(), client.request.method.clone());
        self.client_keys.remove(&key);
        if let Some(connection) = client.to.connection
            && let Some(connection) = self.connections.get_mut(connection)
        {
            connection.clients.remove(&id);
        }
        Some(client)
    }
}
