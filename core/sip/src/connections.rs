//! The table of connections: who is at the other end, what is half received, what waits for it
//! to open, who needs it. Knows no message; what happens on a connection is in `streams`.

use core::time::Duration;
use std::collections::{BTreeMap, BTreeSet};

use confab_terms::{ClientNetwork, Instant, SocketAddr, limits};
use serde::{Deserialize, Serialize};

use crate::DialogId;
use crate::hop::{ConnectionId, Hop, Transport};
use crate::limited::Limit;
use crate::stream::Stream;
use crate::timers::TransactionId;

/// How long one of ours may take to open.
const OPENING: Duration = limits::SIP_CONNECTION_OPENING;
/// Longest time without a whole message on a stranger's connection.
const GREETING: Duration = limits::SIP_CONNECTION_GREETING;
/// How long one that nobody needs may be silent.
const IDLE: Duration = limits::SIP_CONNECTION_IDLE;

/// A message that waits for a connection to open, or for a name to be found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Waiting {
    pub(crate) hop: Hop,
    pub(crate) bytes: Vec<u8>,
    /// Whose request it is, if it is one.
    pub(crate) client: Option<TransactionId>,
}

/// Peer of a connection, as far as limits are concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Class {
    /// We opened it.
    Ours,
    /// Opened from a host of a trunk.
    Trunk,
    /// Opened from elsewhere; a request on it was admitted.
    Known,
    /// Opened from elsewhere, without such a request.
    Stranger,
}

/// One connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Connection {
    pub(crate) peer: SocketAddr,
    pub(crate) transport: Transport,
    /// Whose certificate it was opened to.
    certified: Option<String>,
    pub(crate) stream: Stream,
    /// `Some`: it is being opened, and these wait for it.
    pub(crate) opening: Option<Vec<Waiting>>,
    class: Class,
    /// Time of the opening, or of the last whole message.
    pub(crate) spoke: Instant,
    /// The last sign of life.
    pub(crate) heard: Instant,
    /// Dialogs whose requests use it.
    pub(crate) dialogs: BTreeSet<DialogId>,
    /// Requests that went on it and are not answered for good.
    pub(crate) clients: BTreeSet<TransactionId>,
    /// Bytes of a stranger's unfinished message, as they are counted.
    unfinished: usize,
    due: Instant,
}

impl Connection {
    fn deadline(&self) -> Instant {
        let own = match (&self.opening, self.class) {
            (Some(_), _) => self.heard + OPENING,
            (None, Class::Stranger) => self.spoke + GREETING,
            (None, _) => self.heard + IDLE,
        };
        let half_received = self.stream.next_deadline();
        half_received.map_or(own, |half| half.min(own))
    }
}

/// Where one of ours leads to, and over TLS to whom: two names may be at one address.
type Leads = (Transport, SocketAddr, Option<String>);

/// Connections of one client network.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Client {
    count: usize,
    /// Those of strangers; the oldest first.
    strangers: BTreeSet<ConnectionId>,
}

/// Unfinished messages of strangers.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Unfinished {
    /// Sum of their lengths.
    bytes: usize,
    /// Length and connection of each that is not empty.
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

/// Room for a connection of theirs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Room {
    Free,
    /// This one, a stranger's, has to be closed for it.
    InPlaceOf(ConnectionId, Limit),
    None(Limit),
}

/// All of them.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Connections {
    max: usize,
    all: BTreeMap<ConnectionId, Connection>,
    due: BTreeSet<(Instant, ConnectionId)>,
    /// Ours, by whom they lead to.
    by_peer: BTreeMap<Leads, ConnectionId>,
    /// Neither ours nor trunks'.
    clients: BTreeMap<ClientNetwork, Client>,
    of_clients: usize,
    /// All strangers', the oldest first.
    strangers: BTreeSet<ConnectionId>,
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
            strangers: BTreeSet::new(),
            unfinished: Unfinished::default(),
        }
    }
}

impl Connections {
    /// Sets the maximum of connections; shares of it are limits of their own.
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

    /// The one of ours that leads there.
    pub(crate) fn to(&self, hop: &Hop, peer: SocketAddr) -> Option<ConnectionId> {
        let leads = (hop.transport, peer, hop.certified.clone());
        self.by_peer.get(&leads).copied()
    }

    /// Returns the room for one more connection from a host of a trunk. An eighth of all is
    /// reserved for connections that we open.
    pub(crate) fn room_for_trunk(&self) -> Room {
        match self.all.len() < self.max - self.max / 8 {
            true => Room::Free,
            false => self.in_place_of_oldest(&self.strangers, Limit::Connections),
        }
    }

    /// Returns the room for one more connection from elsewhere. A quarter of all is reserved for
    /// trunks and for connections that we open.
    pub(crate) fn room_for_client(&self, network: ClientNetwork) -> Room {
        let nobody = Client::default();
        let client = self.clients.get(&network).unwrap_or(&nobody);
        let own_max = self.max / limits::SIP_CONNECTIONS_OF_CLIENT_SHARE;
        let strangers_max = self.max / limits::SIP_CONNECTIONS_OF_STRANGER_SHARE;
        if client.count >= own_max || client.strangers.len() >= strangers_max {
            return self.in_place_of_oldest(&client.strangers, Limit::ConnectionsOfClient);
        }
        let full = self.of_clients >= self.max - self.max / 4
            || self.all.len() >= self.max - self.max / 8
            || self.strangers.len() >= self.max / 4;
        match full {
            true => self.in_place_of_oldest(&self.strangers, Limit::Connections),
            false => Room::Free,
        }
    }

    /// Returns the room for one more connection of ours.
    pub(crate) fn room_for_ours(&self) -> Room {
        match self.all.len() < self.max {
            true => Room::Free,
            false => self.in_place_of_oldest(&self.strangers, Limit::Connections),
        }
    }

    fn in_place_of_oldest(&self, strangers: &BTreeSet<ConnectionId>, limit: Limit) -> Room {
        let oldest = strangers.first();
        oldest.map_or(Room::None(limit), |oldest| Room::InPlaceOf(*oldest, limit))
    }

    /// A new one; theirs is open, ours is to be opened. The name must be new.
    pub(crate) fn insert(
        &mut self,
        now: Instant,
        (id, class): (ConnectionId, Class),
        (transport, peer, certified): Leads,
    ) {
        match class {
            Class::Ours => {
                self.by_peer
                    .insert((transport, peer, certified.clone()), id);
            }
            Class::Trunk => {}
            Class::Known | Class::Stranger => {
                let client = self
                    .clients
                    .entry(ClientNetwork::of(peer.ip()))
                    .or_default();
                client.count += 1;
                client.strangers.insert(id);
                self.of_clients += 1;
                self.strangers.insert(id);
            }
        }
        let connection = Connection {
            peer,
            transport,
            certified,
            stream: Stream::default(),
            opening: (class == Class::Ours).then(Vec::new),
            class,
            spoke: now,
            heard: now,
            dialogs: BTreeSet::new(),
            clients: BTreeSet::new(),
            unfinished: 0,
            due: now,
        };
        self.due.insert((now, id));
        self.all.insert(id, connection);
        self.set_due(id);
    }

    /// A request on it was admitted.
    pub(crate) fn is_known(&mut self, id: ConnectionId) {
        let Some(connection) = self.all.get_mut(&id) else {
            return;
        };
        if connection.class == Class::Stranger {
            connection.class = Class::Known;
            let before = core::mem::take(&mut connection.unfinished);
            self.unfinished.change(id, before, 0);
            let network = ClientNetwork::of(connection.peer.ip());
            self.strangers.remove(&id);
            if let Some(client) = self.clients.get_mut(&network) {
                client.strangers.remove(&id);
            }
        }
    }

    /// Returns the stranger with the longest unfinished message, while all of these together are
    /// beyond the limit.
    pub(crate) fn beyond_unfinished(&self) -> Option<(ConnectionId, SocketAddr)> {
        if self.unfinished.bytes <= limits::SIP_UNFINISHED_BYTES_MAX {
            return None;
        }
        let (_, id) = self.unfinished.by_length.last()?;
        Some((*id, self.all.get(id)?.peer))
    }

    /// To be called after anything that moves its deadline.
    pub(crate) fn set_due(&mut self, id: ConnectionId) {
        if let Some(connection) = self.all.get_mut(&id) {
            self.due.remove(&(connection.due, id));
            connection.due = connection.deadline();
            self.due.insert((connection.due, id));
            if connection.class == Class::Stranger {
                let now = connection.stream.waiting();
                let before = core::mem::replace(&mut connection.unfinished, now);
                self.unfinished.change(id, before, now);
            }
        }
    }

    /// It is gone, and nothing finds it any more.
    pub(crate) fn remove(&mut self, id: ConnectionId) -> Option<Connection> {
        let connection = self.all.remove(&id)?;
        self.due.remove(&(connection.due, id));
        let certified = connection.certified.clone();
        let leads = (connection.transport, connection.peer, certified);
        if self.by_peer.get(&leads) == Some(&id) {
            self.by_peer.remove(&leads);
        }
        self.unfinished.change(id, connection.unfinished, 0);
        if matches!(connection.class, Class::Known | Class::Stranger) {
            self.of_clients -= 1;
            self.strangers.remove(&id);
            let network = ClientNetwork::of(connection.peer.ip());
            if let Some(client) = self.clients.get_mut(&network) {
                client.strangers.remove(&id);
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

    /// The first whose deadline has come.
    pub(crate) fn first_due(&self, now: Instant) -> Option<ConnectionId> {
        let (at, id) = *self.due.first()?;
        (at <= now).then_some(id)
    }

    /// A dialog's requests use it from now on, or no longer.
    pub(crate) fn use_for(&mut self, dialog: DialogId, id: Option<ConnectionId>, used: bool) {
        // A peer whose response came on it is no stranger either.
        if let Some(id) = id.filter(|_| used) {
            self.is_known(id);
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
