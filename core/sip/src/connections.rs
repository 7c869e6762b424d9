//! The table of connections: who is at the other end, what is half received, what waits for it
//! to open, who needs it. Knows no message; what happens on a connection is in `streams`.

use core::time::Duration;
use std::collections::{BTreeMap, BTreeSet};

use confab_terms::{Instant, IpAddr, SocketAddr, limits};
use serde::{Deserialize, Serialize};

use crate::DialogId;
use crate::hop::{ConnectionId, Hop, Transport};
use crate::stream::Stream;
use crate::timers::TransactionId;

/// How long one of ours may take to open.
const OPENING: Duration = limits::SIP_CONNECTION_OPENING;
/// How long one of theirs may take to its first message or ping.
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
    /// A whole message or a ping has come on it, or we opened it.
    pub(crate) greeted: bool,
    /// The last sign of life.
    pub(crate) heard: Instant,
    /// Dialogs whose requests use it.
    pub(crate) dialogs: BTreeSet<DialogId>,
    /// Requests that went on it and are not answered for good.
    pub(crate) clients: BTreeSet<TransactionId>,
    due: Instant,
}

impl Connection {
    fn deadline(&self) -> Instant {
        let own = match (&self.opening, self.greeted) {
            (Some(_), _) => self.heard + OPENING,
            (None, false) => self.heard + GREETING,
            (None, true) => self.heard + IDLE,
        };
        let half_received = self.stream.next_deadline();
        half_received.map_or(own, |half| half.min(own))
    }
}

/// Where one of ours leads to, and over TLS to whom: two names may be at one address.
type Leads = (Transport, SocketAddr, Option<String>);

/// All of them.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Connections {
    all: BTreeMap<ConnectionId, Connection>,
    due: BTreeSet<(Instant, ConnectionId)>,
    /// Ours, by whom they lead to.
    by_peer: BTreeMap<Leads, ConnectionId>,
    /// How many of theirs come from each address.
    of_address: BTreeMap<IpAddr, usize>,
}

impl Connections {
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

    /// Whether one more may come from, or go to, this address.
    pub(crate) fn has_room(&self, peer: SocketAddr) -> bool {
        let theirs = self.of_address.get(&peer.ip()).copied().unwrap_or(0);
        self.all.len() < limits::SIP_CONNECTIONS_MAX
            && theirs < limits::SIP_CONNECTIONS_OF_ADDRESS_MAX
    }

    /// A new one; theirs is open, ours is to be opened. The name must be new.
    pub(crate) fn insert(
        &mut self,
        now: Instant,
        id: ConnectionId,
        (transport, peer, certified): Leads,
    ) {
        let ours = matches!(id, ConnectionId::Ours(_));
        if ours {
            self.by_peer
                .insert((transport, peer, certified.clone()), id);
        }
        let connection = Connection {
            peer,
            transport,
            certified,
            stream: Stream::default(),
            opening: ours.then(Vec::new),
            greeted: ours,
            heard: now,
            dialogs: BTreeSet::new(),
            clients: BTreeSet::new(),
            due: now,
        };
        *self.of_address.entry(peer.ip()).or_default() += 1;
        self.due.insert((now, id));
        self.all.insert(id, connection);
        self.set_due(id);
    }

    /// To be called after anything that moves its deadline.
    pub(crate) fn set_due(&mut self, id: ConnectionId) {
        if let Some(connection) = self.all.get_mut(&id) {
            self.due.remove(&(connection.due, id));
            connection.due = connection.deadline();
            self.due.insert((connection.due, id));
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
        let ip = connection.peer.ip();
        if let Some(count) = self.of_address.get_mut(&ip) {
            *count -= 1;
            if *count == 0 {
                self.of_address.remove(&ip);
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
        if let Some(connection) = id.and_then(|id| self.all.get_mut(&id)) {
            if used {
                connection.dialogs.insert(dialog);
            } else {
                connection.dialogs.remove(&dialog);
            }
        }
    }
}
