//! Table of connections: peer, received bytes, messages queued until the connection opens, and
//! users of the connection. `user_agent` handles messages and events of connections.

use core::time::Duration;
use std::collections::{BTreeMap, BTreeSet};

use confab_terms::{ClientNetwork, Instant, SocketAddr, limits};
use serde::{Deserialize, Serialize};

use super::framing::Stream;
use super::next_hop::Hop;
use super::source::ConnectionId;
use crate::ids::{DialogId, TransactionId};
use crate::limits::Limit;
use crate::message::Transport;

/// Timeout for opening an outbound connection.
const OPENING_TIMEOUT: Duration = limits::SIP_CONNECTION_OPENING;
/// Maximum time without a complete message on a connection of class `Unauthenticated`.
const FIRST_MESSAGE_TIMEOUT: Duration = limits::SIP_CONNECTION_GREETING;
/// Maximum time without traffic on a connection without dialogs and transactions.
const IDLE_TIMEOUT: Duration = limits::SIP_CONNECTION_IDLE;

/// Message queued until a connection opens or a name is resolved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct QueuedMessage {
    pub(crate) hop: Hop,
    pub(crate) bytes: Vec<u8>,
    /// Client transaction; `None`: the message is no request, or is an ACK.
    pub(crate) client: Option<TransactionId>,
}

/// Class of a connection, for limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Class {
    /// Outbound connection.
    Outbound,
    /// Inbound connection from an address of a trunk.
    Trunk,
    /// Inbound connection from another address, with an admitted request.
    Authenticated,
    /// Inbound connection from another address, without an admitted request.
    Unauthenticated,
}

/// Connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Connection {
    pub(crate) peer: SocketAddr,
    pub(crate) transport: Transport,
    /// Name or address that the peer's certificate was checked against.
    tls_name: Option<String>,
    pub(crate) stream: Stream,
    /// Messages queued while the connection opens; `None`: the connection is open.
    pub(crate) opening: Option<Vec<QueuedMessage>>,
    class: Class,
    /// Time of the opening, or of the last complete message.
    pub(crate) last_message_at: Instant,
    /// Time of the last traffic.
    pub(crate) last_traffic_at: Instant,
    /// Dialogs whose requests use this connection.
    pub(crate) dialogs: BTreeSet<DialogId>,
    /// Client transactions whose request was sent on this connection.
    pub(crate) clients: BTreeSet<TransactionId>,
    /// Length of the incomplete message of an `Unauthenticated` connection, as counted in
    /// `Unfinished`.
    unfinished: usize,
    due: Instant,
}

impl Connection {
    fn deadline(&self) -> Instant {
        let own = match (&self.opening, self.class) {
            (Some(_), _) => self.last_traffic_at + OPENING_TIMEOUT,
            (None, Class::Unauthenticated) => self.last_message_at + FIRST_MESSAGE_TIMEOUT,
            (None, _) => self.last_traffic_at + IDLE_TIMEOUT,
        };
        let half_received = self.stream.next_deadline();
        half_received.map_or(own, |half| half.min(own))
    }
}

/// Destination of an outbound connection: transport, address and, over TLS, name in the
/// certificate. Two names may have one address.
type OutboundKey = (Transport, SocketAddr, Option<String>);

/// Connections of one client network.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct NetworkConnections {
    count: usize,
    /// Connections of class `Unauthenticated`; oldest first.
    unauthenticated: BTreeSet<ConnectionId>,
}

/// Incomplete messages on connections of class `Unauthenticated`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Unfinished {
    /// Sum of the lengths, in bytes.
    bytes: usize,
    /// Length and connection of each incomplete message.
    by_length: BTreeSet<(usize, ConnectionId)>,
}

impl Unfinished {
    /// Counts a change of one length.
    fn change(&mut self, id: ConnectionId, before: usize, after: usize) {
        if before == after {
            return;
        }
        self.bytes = self.bytes - before + after;
        self.by_length.remove(&(before, id));
        if after > 0 {
            self.by_length.insert((after, id));
        }
    }
}

/// Result of the limit check for a new connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Admission {
    Free,
    /// Limit reached; the given connection of class `Unauthenticated` is closed in favor of the new
    /// one.
    InPlaceOf(ConnectionId, Limit),
    None(Limit),
}

/// Table of all connections.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Connections {
    max: usize,
    all: BTreeMap<ConnectionId, Connection>,
    due: BTreeSet<(Instant, ConnectionId)>,
    /// Outbound connections by destination.
    by_peer: BTreeMap<OutboundKey, ConnectionId>,
    /// Inbound connections by client network, those of trunks excluded.
    clients: BTreeMap<ClientNetwork, NetworkConnections>,
    of_clients: usize,
    /// All connections of class `Unauthenticated`; oldest first.
    unauthenticated: BTreeSet<ConnectionId>,
    unfinished: Unfinished,
}

impl Default for Connections {
    fn default() -> Self {
        Self {
            max: limits::SIP_CONNECTIONS_MAX,
            all: BTreeMap::new(),
            due: BTreeSet::new(),
            by_peer: BTreeMap::new(),
            clients: BTreeMap::new(),
            of_clients: 0,
            unauthenticated: BTreeSet::new(),
            unfinished: Unfinished::default(),
        }
    }
}

impl Connections {
    /// Sets the maximum number of connections, at least 32. Limits of the classes are shares of the
    /// maximum.
    pub(crate) fn limit(&mut self, max: usize) {
        self.max = max.clamp(32, limits::SIP_CONNECTIONS_MAX);
    }

    pub(crate) fn len(&self) -> usize {
        self.all.len()
    }

    pub(crate) fn get_mut(&mut self, id: ConnectionId) -> Option<&mut Connection> {
        self.all.get_mut(&id)
    }

    pub(crate) fn has(&self, id: ConnectionId) -> bool {
        self.all.contains_key(&id)
    }

    /// Returns the outbound connection to a destination.
    pub(crate) fn to(&self, hop: &Hop, peer: SocketAddr) -> Option<ConnectionId> {
        let key = (hop.transport, peer, hop.tls_name.clone());
        self.by_peer.get(&key).copied()
    }

    /// Checks the limit for a connection from an address of a trunk. One eighth of the maximum is
    /// reserved for outbound connections.
    pub(crate) fn room_for_trunk(&self) -> Admission {
        match self.all.len() < self.max - self.max / 8 {
            true => Admission::Free,
            false => self.in_place_of_oldest(&self.unauthenticated, Limit::Connections),
        }
    }

    /// Checks the limits for a connection from any other address. One quarter of the maximum is
    /// reserved for trunks and outbound connections.
    pub(crate) fn room_for_client(&self, network: ClientNetwork) -> Admission {
        let nobody = NetworkConnections::default();
        let client = self.clients.get(&network).unwrap_or(&nobody);
        let own_max = self.max / limits::SIP_CONNECTIONS_OF_CLIENT_SHARE;
        let unauthenticated_max = self.max / limits::SIP_CONNECTIONS_OF_STRANGER_SHARE;
        if client.count >= own_max || client.unauthenticated.len() >= unauthenticated_max {
            return self.in_place_of_oldest(&client.unauthenticated, Limit::ConnectionsOfClient);
        }
        let full = self.of_clients >= self.max - self.max / 4
            || self.all.len() >= self.max - self.max / 8
            || self.unauthenticated.len() >= self.max / 4;
        match full {
            true => self.in_place_of_oldest(&self.unauthenticated, Limit::Connections),
            false => Admission::Free,
        }
    }

    /// Checks the limit for an outbound connection.
    pub(crate) fn room_for_outbound(&self) -> Admission {
        match self.all.len() < self.max {
            true => Admission::Free,
            false => self.in_place_of_oldest(&self.unauthenticated, Limit::Connections),
        }
    }

    fn in_place_of_oldest(
        &self,
        unauthenticated: &BTreeSet<ConnectionId>,
        limit: Limit,
    ) -> Admission {
        let oldest = unauthenticated.first();
        oldest.map_or(Admission::None(limit), |oldest| {
            Admission::InPlaceOf(*oldest, limit)
        })
    }

    /// Inserts a connection: open if inbound, to be opened if outbound. The id must be new.
    pub(crate) fn insert(
        &mut self,
        now: Instant,
        (id, class): (ConnectionId, Class),
        (transport, peer, tls_name): OutboundKey,
    ) {
        match class {
            Class::Outbound => {
                self.by_peer.insert((transport, peer, tls_name.clone()), id);
            }
            Class::Trunk => {}
            Class::Authenticated | Class::Unauthenticated => {
                let client = self
                    .clients
                    .entry(ClientNetwork::of(peer.ip()))
                    .or_default();
                client.count += 1;
                client.unauthenticated.insert(id);
                self.of_clients += 1;
                self.unauthenticated.insert(id);
            }
        }
        let connection = Connection {
            peer,
            transport,
            tls_name,
            stream: Stream::default(),
            opening: (class == Class::Outbound).then(Vec::new),
            class,
            last_message_at: now,
            last_traffic_at: now,
            dialogs: BTreeSet::new(),
            clients: BTreeSet::new(),
            unfinished: 0,
            due: now,
        };
        self.due.insert((now, id));
        self.all.insert(id, connection);
        self.set_due(id);
    }

    /// Moves a connection from class `Unauthenticated` to `Authenticated`, after an admitted
    /// request.
    pub(crate) fn set_authenticated(&mut self, id: ConnectionId) {
        let Some(connection) = self.all.get_mut(&id) else {
            return;
        };
        if connection.class == Class::Unauthenticated {
            connection.class = Class::Authenticated;
            let before = core::mem::take(&mut connection.unfinished);
            self.unfinished.change(id, before, 0);
            let network = ClientNetwork::of(connection.peer.ip());
            self.unauthenticated.remove(&id);
            if let Some(client) = self.clients.get_mut(&network) {
                client.unauthenticated.remove(&id);
            }
        }
    }

    /// Returns the `Unauthenticated` connection with the longest incomplete message if the sum
    /// exceeds `SIP_UNFINISHED_BYTES_MAX`.
    pub(crate) fn beyond_unfinished(&self) -> Option<(ConnectionId, SocketAddr)> {
        if self.unfinished.bytes <= limits::SIP_UNFINISHED_BYTES_MAX {
            return None;
        }
        let (_, id) = self.unfinished.by_length.last()?;
        Some((*id, self.all.get(id)?.peer))
    }

    /// Updates the deadline of a connection. Required after each change of the state that
    /// determines the deadline.
    pub(crate) fn set_due(&mut self, id: ConnectionId) {
        if let Some(connection) = self.all.get_mut(&id) {
            self.due.remove(&(connection.due, id));
            connection.due = connection.deadline();
            self.due.insert((connection.due, id));
            if connection.class == Class::Unauthenticated {
                let now = connection.stream.waiting();
                let before = core::mem::replace(&mut connection.unfinished, now);
                self.unfinished.change(id, before, now);
            }
        }
    }

    /// Removes a connection from the table and its indexes.
    pub(crate) fn remove(&mut self, id: ConnectionId) -> Option<Connection> {
        let connection = self.all.remove(&id)?;
        self.due.remove(&(connection.due, id));
        let tls_name = connection.tls_name.clone();
        let key = (connection.transport, connection.peer, tls_name);
        if self.by_peer.get(&key) == Some(&id) {
            self.by_peer.remove(&key);
        }
        self.unfinished.change(id, connection.unfinished, 0);
        if matches!(
            connection.class,
            Class::Authenticated | Class::Unauthenticated
        ) {
            self.of_clients -= 1;
            self.unauthenticated.remove(&id);
            let network = ClientNetwork::of(connection.peer.ip());
            if let Some(client) = self.clients.get_mut(&network) {
                client.unauthenticated.remove(&id);
                client.count -= 1;
                if client.count == 0 {
                    self.clients.remove(&network);
                }
            }
        }
        Some(connection)
    }

    pub(crate) fn next_deadline(&self) -> Option<Instant> {
        self.due.first().map(|(at, _)| *at)
    }

    /// Returns the connection with the earliest deadline that has passed.
    pub(crate) fn first_due(&self, now: Instant) -> Option<ConnectionId> {
        let (at, id) = *self.due.first()?;
        (at <= now).then_some(id)
    }

    /// Registers or releases a dialog as a user of a connection.
    pub(crate) fn use_for(&mut self, dialog: DialogId, id: Option<ConnectionId>, used: bool) {
        // A peer that sent a response on the connection is authenticated.
        if let Some(id) = id.filter(|_| used) {
            self.set_authenticated(id);
        }
        if let Some(connection) = id.and_then(|id| self.all.get_mut(&id)) {
            if used {
                connection.dialogs.insert(dialog);
            } else {
                connection.dialogs.remove(&dialog);
            }
        }
    }
}
