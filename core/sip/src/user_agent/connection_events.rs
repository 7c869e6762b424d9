//! Connection events and messages on connections: framing, keep-alives, limits, and handling of
//! messages when a connection fails (RFC 3261 §18, RFC 5626 §3.5.1).

use confab_terms::{ClientNetwork, Instant, SocketAddr, limits};

use super::UserAgent;
use super::output::Output;
use crate::ids::{DialogId, TransactionId};
use crate::limits::Limit;
use crate::message::{Request, Transport};
use crate::transport::{
    Admission, Class, Connection, ConnectionEvent, ConnectionId, ConnectionOrder, Framed, Hop,
    QueuedMessage, Source, canonical,
};

impl UserAgent {
    /// Handles an event of a connection. Events of an unknown or closed connection are ignored.
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
            connection.last_traffic_at = now;
            connection.last_message_at = now;
            let waiting = connection.opening.take().unwrap_or_default();
            self.connections.set_due(id);
            for waiting in waiting {
                self.order(id, ConnectionOrder::Send(waiting.bytes));
            }
        } else if matches!(id, ConnectionId::Theirs(_))
            && let Some(class) = self.class_of(now, peer)
        {
            self.connections
                .insert(now, (id, class), (transport, peer, None));
        } else {
            // No response is sent, because a response would cost more than the connection.
            self.order(id, ConnectionOrder::Close);
        }
    }

    /// Makes room for an inbound connection and returns its class; `None`: a limit rejects the
    /// connection.
    fn class_of(&mut self, now: Instant, peer: SocketAddr) -> Option<Class> {
        let network = ClientNetwork::of(peer.ip());
        let (class, room) = match self.access.is_of_trunk(peer.ip()) {
            true => (Class::Trunk, self.connections.room_for_trunk()),
            false => (
                Class::Unauthenticated,
                self.connections.room_for_client(network),
            ),
        };
        self.make_room(now, room, peer).then_some(class)
    }

    fn make_room(&mut self, now: Instant, room: Admission, peer: SocketAddr) -> bool {
        let network = ClientNetwork::of(peer.ip());
        match room {
            Admission::Free => true,
            Admission::InPlaceOf(oldest, limit) => {
                self.limit(now, limit, network);
                self.close(now, oldest);
                true
            }
            Admission::None(limit) => {
                self.limit(now, limit, network);
                false
            }
        }
    }

    /// Sets the maximum number of connections, inbound and outbound; at most
    /// `limits::SIP_CONNECTIONS_MAX`.
    pub fn limit_connections(&mut self, max: usize) {
        self.connections.limit(max);
    }

    fn received(&mut self, now: Instant, id: ConnectionId, bytes: &[u8]) {
        let Some(connection) = self.connections.get_mut(id) else {
            return;
        };
        connection.last_traffic_at = now;
        connection.stream.handle(now, bytes);
        self.handle_framed(now, id);
        while let Some((longest, peer)) = self.connections.beyond_unfinished() {
            self.limit(now, Limit::UnfinishedBytes, ClientNetwork::of(peer.ip()));
            self.close(now, longest);
        }
    }

    /// Handles all complete messages of a stream.
    fn handle_framed(&mut self, now: Instant, id: ConnectionId) {
        while let Some(connection) = self.connections.get_mut(id) {
            let source = Source::stream(connection.transport, connection.peer, id);
            let framed = connection.stream.poll_output();
            if matches!(framed, Some(Framed::Message(_))) {
                connection.last_message_at = now;
            }
            match framed {
                None => return self.connections.set_due(id),
                Some(Framed::Ping) => self.order(id, ConnectionOrder::Send(b"\r\n".to_vec())),
                Some(Framed::Message(message)) => self.handle_message(now, source, &message),
                Some(Framed::Broken { message }) => {
                    if let Some(message) = message {
                        self.handle_message(now, source, &message);
                    }
                    self.close(now, id);
                }
            }
        }
    }

    /// Closes a connection; bytes sent before are still delivered.
    fn close(&mut self, now: Instant, id: ConnectionId) {
        if let Some(connection) = self.connections.remove(id) {
            self.order(id, ConnectionOrder::Close);
            self.lost(now, connection);
        }
    }

    /// Handles messages of a lost connection. Queued responses take the fallback hop. Requests on a
    /// connection that never opened fail; requests without a response on an open one are sent
    /// again, because the connection may have been dead for long.
    fn lost(&mut self, now: Instant, connection: Connection) {
        let opened = connection.opening.is_none();
        for waiting in connection.opening.unwrap_or_default() {
            let QueuedMessage { hop, bytes, client } = waiting;
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

    /// Handles the deadlines of connections: incomplete message, timeout of the opening, no
    /// traffic.
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
                self.handle_framed(now, id);
            } else if connection.opening.is_none()
                && !(connection.dialogs.is_empty() && connection.clients.is_empty())
            {
                connection.last_traffic_at = now;
                self.connections.set_authenticated(id);
                self.connections.set_due(id);
            } else {
                self.close(now, id);
            }
        }
    }

    /// Sends on a connection that is open, or queues until the connection opens.
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
                waiting.push(QueuedMessage { hop, bytes, client });
            }
            Some(_) => return self.not_sent(now, client),
        }
        if let Some(client) = client.and_then(|client| self.clients.get_mut(&client)) {
            client.to.connection = Some(id);
        }
    }

    /// Returns the outbound connection to this address, or opens one; `None`: the limit is reached.
    pub(crate) fn connection_to(
        &mut self,
        now: Instant,
        hop: &Hop,
        peer: SocketAddr,
    ) -> Option<ConnectionId> {
        if let Some(open) = self.connections.to(hop, peer) {
            return Some(open);
        }
        let room = self.connections.room_for_outbound();
        if !self.make_room(now, room, peer) {
            return None;
        }
        let id = ConnectionId::Ours(self.next_number());
        let tls = hop.tls_name.clone();
        self.connections.insert(
            now,
            (id, Class::Outbound),
            (hop.transport, peer, tls.clone()),
        );
        self.order(id, ConnectionOrder::Open { to: peer, tls });
        Some(id)
    }

    fn order(&mut self, connection: ConnectionId, order: ConnectionOrder) {
        self.push(Output::Connection { connection, order });
    }

    /// Updates the flow of a dialog with a request of the peer.
    pub(crate) fn follow(&mut self, now: Instant, id: DialogId, source: Source, request: &Request) {
        self.update_source(id, source);
        if let Some(dialog) = self.dialogs.get_mut(&id) {
            dialog.follow(request, source);
            self.keep_dialog(now, id);
        }
    }

    /// Updates the source of a dialog; its requests use the connection of that source.
    pub(crate) fn update_source(&mut self, id: DialogId, source: Source) {
        let Some(dialog) = self.dialogs.get_mut(&id) else {
            return;
        };
        dialog.flow.update_from_response(source);
        let before = core::mem::replace(&mut dialog.source, source);
        if before.connection != source.connection {
            self.connections.use_for(id, before.connection, false);
        }
        self.connections.use_for(id, source.connection, true);
    }
}
