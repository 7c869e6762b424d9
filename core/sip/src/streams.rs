//! What happens on connections, and what goes out on them: framing, keep-alives, bounds, and what
//! becomes of messages when a connection cannot be had or is lost (RFC 3261 §18, RFC 5626 §3.5.1).

use confab_terms::{Instant, SocketAddr, limits};

use crate::connections::{Connection, Waiting};
use crate::hop::{ConnectionId, Hop, Source, Transport, canonical};
use crate::message::Request;
use crate::output::{ConnectionEvent, ConnectionOrder};
use crate::stream::Framed;
use crate::timers::TransactionId;
use crate::{DialogId, Output, UserAgent};

impl UserAgent {
    /// Something happened on a connection. What is told of one that is not known (any more) is
    /// ignored.
    pub fn handle_connection(&mut self, now: Instant, id: ConnectionId, event: ConnectionEvent) {
        match event {
            ConnectionEvent::Opened { peer, transport } => {
                self.opened(now, id, (transport, canonical(peer)));
            }
            ConnectionEvent::Received { bytes } => self.received(now, id, &bytes),
            ConnectionEvent::Closed => {
                if let Some(connection) = self.connections.remove(id) {
                    self.lost(now, connection);
                }
            }
        }
    }

    fn opened(
        &mut self,
        now: Instant,
        id: ConnectionId,
        (transport, peer): (Transport, SocketAddr),
    ) {
        if let Some(connection) = self.connections.get_mut(id) {
            connection.heard = now;
            let waiting = connection.opening.take().unwrap_or_default();
            self.connections.set_due(id);
            for waiting in waiting {
                self.order(id, ConnectionOrder::Send(waiting.bytes));
            }
        } else if matches!(id, ConnectionId::Theirs(_)) && self.connections.has_room(peer) {
            self.connections.insert(now, id, (transport, peer, None));
        } else {
            // Nobody is answered here: a refusal would cost more than what it refuses.
            self.order(id, ConnectionOrder::Close);
        }
    }

    fn received(&mut self, now: Instant, id: ConnectionId, bytes: &[u8]) {
        let Some(connection) = self.connections.get_mut(id) else {
            return;
        };
        connection.heard = now;
        connection.stream.handle(now, bytes);
        self.cut(now, id);
    }

    /// Takes from a stream what is whole.
    fn cut(&mut self, now: Instant, id: ConnectionId) {
        while let Some(connection) = self.connections.get_mut(id) {
            let source = Source::stream(connection.transport, connection.peer, id);
            let framed = connection.stream.poll_output();
            connection.greeted |= framed.is_some();
            match framed {
                None => return self.connections.set_due(id),
                Some(Framed::Ping) => self.order(id, ConnectionOrder::Send(b"\r\n".to_vec())),
                Some(Framed::Message(message)) => self.take_message(now, source, &message),
                Some(Framed::Broken { message }) => {
                    if let Some(message) = message {
                        self.take_message(now, source, &message);
                    }
                    self.close(now, id);
                }
            }
        }
    }

    /// We close it; what was sent on it before still goes out.
    fn close(&mut self, now: Instant, id: ConnectionId) {
        if let Some(connection) = self.connections.remove(id) {
            self.order(id, ConnectionOrder::Close);
            self.lost(now, connection);
        }
    }

    /// What waited for one that never opened takes its other way, or fails. Requests that got no
    /// answer at all on one that was open are sent once more: it may have been dead for long.
    fn lost(&mut self, now: Instant, connection: Connection) {
        let opened = connection.opening.is_none();
        for waiting in connection.opening.unwrap_or_default() {
            let Waiting { hop, bytes, client } = waiting;
            if client.is_none()
                && let Some(hop) = hop.by_name()
            {
                self.send(now, &hop, bytes);
            }
        }
        for client in connection.clients {
            if opened {
                self.send_once_more(now, client);
            } else {
                self.cannot_send(now, client);
            }
        }
    }

    /// The first whose time is over: half a message, no opening, nothing to say, nobody's.
    pub(crate) fn handle_connection_deadline(&mut self, now: Instant) {
        while let Some(id) = self.connections.first_due(now) {
            let Some(connection) = self.connections.get_mut(id) else {
                return;
            };
            if connection
                .stream
                .next_deadline()
                .is_some_and(|at| at <= now)
            {
                connection.stream.handle_deadline(now);
                self.cut(now, id);
            } else if connection.opening.is_none()
                && !(connection.dialogs.is_empty() && connection.clients.is_empty())
            {
                connection.heard = now;
                self.connections.set_due(id);
            } else {
                self.close(now, id);
            }
        }
    }

    /// Sends on a connection that is there, or on its way.
    pub(crate) fn send_on(
        &mut self,
        now: Instant,
        id: ConnectionId,
        hop: &Hop,
        (bytes, client): (Vec<u8>, Option<TransactionId>),
    ) {
        let Some(connection) = self.connections.get_mut(id) else {
            return;
        };
        connection.clients.extend(client);
        match &mut connection.opening {
            None => self.order(id, ConnectionOrder::Send(bytes)),
            Some(waiting) if waiting.len() < limits::SIP_CONNECTION_WAITING_MAX => {
                let hop = hop.clone();
                waiting.push(Waiting { hop, bytes, client });
            }
            Some(_) => return self.not_sent(now, client),
        }
        if let Some(client) = client.and_then(|client| self.clients.get_mut(&client)) {
            client.to.connection = Some(id);
        }
    }

    /// Ours to this address, or a new one; `None`: there is no room.
    pub(crate) fn connection_to(
        &mut self,
        now: Instant,
        hop: &Hop,
        peer: SocketAddr,
    ) -> Option<ConnectionId> {
        if let Some(open) = self.connections.to(hop, peer) {
            return Some(open);
        }
        if !self.connections.has_room(peer) {
            return None;
        }
        let id = ConnectionId::Ours(self.next_number());
        let tls = hop.certified.clone();
        self.connections
            .insert(now, id, (hop.transport, peer, tls.clone()));
        self.order(id, ConnectionOrder::Open { to: peer, tls });
        Some(id)
    }

    fn order(&mut self, connection: ConnectionId, order: ConnectionOrder) {
        self.push(Output::Connection { connection, order });
    }

    /// A request of the peer within a dialog: its flow is that of the dialog from now on.
    pub(crate) fn follow(&mut self, now: Instant, id: DialogId, source: Source, request: &Request) {
        self.hear_from(id, source);
        if let Some(dialog) = self.dialogs.get_mut(&id) {
            dialog.follow(request, source);
            self.keep_dialog(now, id);
        }
    }

    /// A dialog was heard from: its requests use that connection from now on.
    pub(crate) fn hear_from(&mut self, id: DialogId, source: Source) {
        let Some(dialog) = self.dialogs.get_mut(&id) else {
            return;
        };
        dialog.flow.hear(source);
        let before = core::mem::replace(&mut dialog.source, source);
        if before.connection != source.connection {
            self.connections.use_for(id, before.connection, false);
        }
        self.connections.use_for(id, source.connection, true);
    }
}
