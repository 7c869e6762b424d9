//! Client transactions (RFC 3261 §17.1, RFC 6026): a request is repeated until it is answered,
//! and the answer of an INVITE is acknowledged as often as it comes.

use core::time::Duration;

use confab_terms::Instant;
use serde::{Deserialize, Serialize};

use crate::hop::{Hop, Transport};
use crate::message::{Method, Outgoing};
use crate::resolve::Key;
use crate::timers::{PATIENCE, T1, T2, T4, Timer, TransactionId};
use crate::{DialogId, UserAgent};

/// Forks of one INVITE that are acknowledged.
pub(crate) const FORKS_MAX: usize = 16;

/// An ACK for a 2xx, to be sent again with each one that comes again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Ack {
    /// Whose 2xx: its To tag.
    pub(crate) tag: Option<String>,
    pub(crate) to: Hop,
    pub(crate) bytes: Vec<u8>,
}

/// How far it has got.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum ClientState {
    /// No response.
    Calling { pause: Duration },
    /// A provisional one.
    Proceeding,
    /// A final one; an INVITE's refusal has this ACK.
    Completed { ack: Option<Vec<u8>> },
    /// An INVITE's 2xx.
    Accepted { acks: Vec<Ack> },
}

/// Whether an INVITE is being taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Cancel {
    No,
    /// Not before a provisional response (RFC 3261 §9.1).
    Wanted,
    Sent,
}

/// One client transaction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ClientTransaction {
    pub(crate) request: Outgoing,
    pub(crate) to: Hop,
    /// Its connection was lost, and it was sent once more.
    pub(crate) moved: bool,
    /// How often it was asked before, without what its refusals wanted.
    pub(crate) tries: u8,
    /// What it was asked for, each by the header that answers it.
    pub(crate) challenges: Vec<(String, String)>,
    /// The name that it went by, and where else that leads.
    pub(crate) name: Option<Key>,
    pub(crate) others: Vec<Hop>,
    pub(crate) state: ClientState,
    pub(crate) cancel: Cancel,
    pub(crate) dialog: DialogId,
}

/// What a response has in common with its request (RFC 3261 §17.1.3): branch and method.
pub(crate) type ClientKey = (String, Method);

impl UserAgent {
    /// Sends a request and waits for its answer.
    pub(crate) fn begin_client(
        &mut self,
        now: Instant,
        id: TransactionId,
        request: Outgoing,
        to: Hop,
        dialog: DialogId,
    ) {
        let (again, unanswered) = match request.method {
            Method::Invite => (Timer::A(id), Timer::B(id)),
            _ => (Timer::E(id), Timer::F(id)),
        };
        // A stream repeats by itself (RFC 3261 §17.1.1.2, §17.1.2.2).
        if to.transport == Transport::Udp {
            self.timers.set(again, now + T1);
        }
        self.timers.set(unanswered, now + PATIENCE);
        let key = (request.branch.clone(), request.method.clone());
        self.client_keys.insert(key, id);
        let transaction = ClientTransaction {
            request,
            to,
            moved: false,
            tries: 0,
            challenges: Vec::new(),
            name: None,
            others: Vec::new(),
            state: ClientState::Calling { pause: T1 },
            cancel: Cancel::No,
            dialog,
        };
        self.clients.insert(id, transaction);
        self.send_request(now, id);
    }

    /// Sends a request once more as a transaction of its own, with what the refusal of `old`
    /// wanted.
    pub(crate) fn begin_again(
        &mut self,
        now: Instant,
        (old, fresh): (TransactionId, TransactionId),
        request: Outgoing,
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

    /// Timers A and E.
    pub(crate) fn repeat_request(&mut self, now: Instant, id: TransactionId) {
        let Some(client) = self.clients.get_mut(&id) else {
            return;
        };
        let invite = client.request.method == Method::Invite;
        let pause = match &mut client.state {
            // An INVITE's pauses double without end, others' up to T2.
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

    /// A provisional response: false if it comes too late to matter.
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

    /// A final response to anything but an INVITE: false if it is a repetition.
    pub(crate) fn complete(&mut self, now: Instant, id: TransactionId) -> bool {
        let Some(client) = self.clients.get_mut(&id) else {
            return false;
        };
        if matches!(client.state, ClientState::Completed { .. }) {
            return false;
        }
        client.state = ClientState::Completed { ack: None };
        let transport = client.to.transport;
        // It never outlives the patience that it had without a response: a last word is short.
        let patience = self.timers.due(Timer::F(id)).unwrap_or(now);
        self.timers.stop_client(id);
        let late = linger(transport, T4);
        self.timers.set(Timer::K(id), (now + late).min(patience));
        true
    }

    /// A refusal of an INVITE: acknowledged by the transaction itself (RFC 3261 §17.1.1.3).
    /// False if it is a repetition.
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
        let ack = Outgoing {
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
        let late = linger(destination.transport, PATIENCE);
        self.timers.set(Timer::D(id), now + late);
        self.send(now, &destination, bytes);
        true
    }

    /// Timers D, K and M, or the end of patience.
    pub(crate) fn forget_client(&mut self, id: TransactionId) -> Option<ClientTransaction> {
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

/// How long what may still come again is waited for: on a stream nothing does (timers D, I, J
/// and K).
pub(crate) fn linger(transport: Transport, on_datagrams: Duration) -> Duration {
    match transport {
        Transport::Udp => on_datagrams,
        Transport::Tcp | Transport::Tls => Duration::ZERO,
    }
}
