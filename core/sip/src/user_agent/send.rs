//! Sending of messages to their next hop, and handling of requests that could not be sent, as if
//! answered with 503 (RFC 3261 §8.1.3.1).

use confab_terms::{Instant, limits};

use super::UserAgent;
use super::output::{Ending, Output};
use crate::dialog::DialogState;
use crate::ids::TransactionId;
use crate::message::{Method, Transport};
use crate::timers::Timer;
use crate::transaction::ClientState;
use crate::transport::{ConnectionOrder, Hop};

impl UserAgent {
    /// Sends a response or an ACK. A message without a path is dropped.
    pub(crate) fn send(&mut self, now: Instant, to: &Hop, bytes: Vec<u8>) {
        self.dispatch(now, to, bytes, None);
    }

    /// Sends the request of a client transaction.
    pub(crate) fn send_request(&mut self, now: Instant, id: TransactionId) {
        if let Some(client) = self.clients.get(&id) {
            let to = client.to.clone();
            let sent_by = self.sent_by(to.transport);
            let bytes = client.request.bytes(sent_by, to.transport);
            self.dispatch(now, &to, bytes, Some(id));
        }
    }

    pub(crate) fn dispatch(
        &mut self,
        now: Instant,
        hop: &Hop,
        bytes: Vec<u8>,
        client: Option<TransactionId>,
    ) {
        // An open connection needs no name resolution.
        if let Some(open) = hop.connection.filter(|id| self.connections.has(*id)) {
            return self.send_on(now, open, hop, (bytes, client));
        }
        let Some(peer) = self.address_of(now, hop, &bytes, client) else {
            return;
        };
        match hop.transport {
            Transport::Udp => self.push(Output::Datagram { to: peer, bytes }),
            Transport::Tls if self.config.tls_port.is_none() => self.not_sent(now, client),
            Transport::Tcp | Transport::Tls => match self.connection_to(now, hop, peer) {
                Some(open) => self.send_on(now, open, hop, (bytes, client)),
                None => self.not_sent(now, client),
            },
        }
    }

    /// Queues an output. If the queue is full, datagrams and stream data are dropped.
    pub(crate) fn push(&mut self, output: Output) {
        let must = matches!(
            output,
            Output::Connection {
                order: ConnectionOrder::Open { .. } | ConnectionOrder::Close,
                ..
            } | Output::Resolve { .. }
        );
        if must || self.outputs.len() < limits::SIP_OUTPUTS_MAX {
            self.outputs.push_back(output);
        }
    }

    /// Reports a message that could not be sent; responses and ACKs are not reported.
    pub(crate) fn not_sent(&mut self, now: Instant, client: Option<TransactionId>) {
        if let Some(client) = client {
            self.cannot_send(now, client);
        }
    }

    /// Schedules the failure of a request for the next deadline, which is due at once. A direct
    /// call would interrupt the caller in an incomplete state.
    pub(crate) fn cannot_send(&mut self, now: Instant, id: TransactionId) {
        let waits = |state: &ClientState| {
            matches!(state, ClientState::Calling { .. } | ClientState::Proceeding)
        };
        if self.clients.get(&id).is_some_and(|c| waits(&c.state)) {
            self.timers.set(Timer::Unsent(id), now);
        }
    }

    /// Sends a request without any response again after the loss of its connection, once only.
    pub(crate) fn send_once_more(&mut self, now: Instant, id: TransactionId) {
        let Some(client) = self.clients.get_mut(&id) else {
            return;
        };
        match client.state {
            ClientState::Calling { .. } if client.resent => self.cannot_send(now, id),
            ClientState::Calling { .. } => {
                client.resent = true;
                client.to.connection = None;
                self.send_request(now, id);
            }
            // The peer has received the request; its response may arrive on an inbound connection.
            _ => {}
        }
    }

    /// Handles a request that could not be sent, as if answered with 503.
    pub(crate) fn unsent(&mut self, now: Instant, id: TransactionId) {
        if self.try_next_target_without_response(now, id) {
            return;
        }
        let Some(client) = self.remove_client(id) else {
            return;
        };
        let dialog = client.dialog;
        let phase = self.dialogs.get(&dialog).map(|known| known.state);
        match (client.request.method, phase) {
            (Method::Invite, Some(DialogState::Inviting { .. })) => {
                self.end(now, dialog, Ending::Refused(503));
            }
            (Method::Invite, Some(DialogState::Canceled)) | (Method::Bye, Some(_)) => {
                self.remove_dialog(now, dialog);
            }
            (method @ (Method::Invite | Method::Update), Some(DialogState::Established)) => {
                self.refresh_unsent(now, dialog, &method);
            }
            _ => {}
        }
    }
}
