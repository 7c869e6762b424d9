//! TCP and TLS connections of SIP, by their ids. Executes the switchboard's orders and reports
//! events. The only rule here: connections whose peer reads too slowly are closed.

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use confab_sockets::{Carrier, Listening, Poll, Tcp, Wake, now, raise_open_files};
use confab_switchboard::{ConnectionEvent, ConnectionId, ConnectionOrder, Input, Transport};
use confab_terms::Instant;
use confab_terms::limits::{SIP_CONNECTION_UNSENT_BYTES_MAX, SIP_CONNECTIONS_MAX};
use rustls::{ClientConfig, ServerConfig};

use crate::failure::Failure;
use crate::handshakes::{Handshakes, Step};

/// Maximum number of new connections in a turn. Each turn polls all connections, so a flood of new
/// connections is accepted in few turns. A caller behind the flood in the backlog waits until the
/// end of the flood.
const ACCEPTED_A_TURN: usize = 64;
/// Maximum number of connections read in a turn.
const READ_A_TURN: usize = 32;
/// Maximum number of bytes read from a connection in a turn.
const READ_BYTES: usize = 16 * 1024;
/// Maximum time for a closing connection to send queued bytes, and for the peer to close it too.
/// Closing with unread bytes of the peer would reset the connection and lose the last response.
const LINGER: Duration = Duration::from_secs(2);
/// Divisor of the limit of descriptors: one part is for connections, the rest for calls.
const DESCRIPTORS_SHARE: usize = 4;
/// Pause of accepting when no descriptors are left.
const BREATH: Duration = Duration::from_millis(100);

/// State of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Opening,
    /// TCP is open, and the TLS handshake is in progress.
    Greeting(SocketAddr),
    Open,
    /// The switchboard receives no further events of the connection.
    Closing(Instant),
}

/// Listening socket for connections.
#[derive(Debug)]
struct Door {
    listening: Listening,
    tls: Option<Arc<ServerConfig>>,
    place: Option<usize>,
}

/// SIP over TLS: listener, certificate, and trusted authorities of outbound connections.
#[derive(Debug)]
pub(crate) struct Sips {
    pub(crate) listening: Listening,
    pub(crate) port: u16,
    pub(crate) server: Arc<ServerConfig>,
    pub(crate) client: Arc<ClientConfig>,
}

#[derive(Debug)]
struct Stream {
    /// Socket; `None` while a worker performs a step of its handshake.
    carrier: Option<Carrier>,
    /// True for an outbound connection: the switchboard is notified once it is open.
    ours: bool,
    transport: Transport,
    stage: Stage,
    /// Bytes that the kernel has not accepted yet.
    unsent: VecDeque<u8>,
    /// True once bytes were queued for the connection.
    answered: bool,
    /// Index in the poll set.
    place: Option<usize>,
}

/// All connections of the SIP ports.
#[derive(Debug)]
pub(crate) struct Streams {
    /// Listeners of TCP, and of TLS if configured.
    doors: Vec<Door>,
    client: Option<Arc<ClientConfig>>,
    /// Workers of handshakes, with TLS only.
    handshakes: Option<Handshakes>,
    /// Moment before which no connection is accepted.
    deaf_until: Instant,
    sockets_max: usize,
    all: BTreeMap<ConnectionId, Stream>,
    accepted: u64,
    /// Next connection to read.
    next: Option<ConnectionId>,
    /// Events that occurred while orders were executed.
    told: VecDeque<Input>,
    room: Box<[u8]>,
}

fn told(connection: ConnectionId, event: ConnectionEvent) -> Input {
    Input::Connection { connection, event }
}

/// Returns the maximum number of connections.
pub(crate) fn connections_max() -> usize {
    let descriptors = usize::try_from(raise_open_files()).unwrap_or(usize::MAX);
    SIP_CONNECTIONS_MAX.min(descriptors / DESCRIPTORS_SHARE)
}

impl Streams {
    /// Creates the listeners. Steps of TLS handshakes wake `bell`.
    ///
    /// # Errors
    ///
    /// The system provides no thread for the handshakes.
    pub(crate) fn new(
        listening: Listening,
        sips: Option<Sips>,
        bell: &Arc<Wake>,
    ) -> Result<Self, Failure> {
        let connections_max = connections_max();
        let mut doors = vec![Door::new(listening, None)];
        let client = sips.map(|sips| {
            doors.push(Door::new(sips.listening, Some(sips.server)));
            sips.client
        });
        let handshakes = client.as_ref().map(|_| Handshakes::start(bell));
        let handshakes = handshakes.transpose();
        Ok(Self {
            doors,
            client,
            handshakes: handshakes.map_err(Failure::refused("a thread"))?,
            deaf_until: Instant::default(),
            // Closing connections included.
            sockets_max: connections_max + connections_max / 4,
            all: BTreeMap::new(),
            accepted: 0,
            next: None,
            told: VecDeque::new(),
            room: vec![0; READ_BYTES].into_boxed_slice(),
        })
    }

    pub(crate) fn len(&self) -> usize {
        self.all.len()
    }

    /// Adds all sockets to the poll set.
    pub(crate) fn watch(&mut self, poll: &mut Poll) {
        let full = self.all.len() >= self.sockets_max || self.deaf_until > now();
        for door in &mut self.doors {
            door.place = (!full).then(|| poll.watch(&door.listening));
        }
        for stream in self.all.values_mut() {
            let writes = stream.waits_to_write();
            stream.place = stream.carrier.as_ref().map(|carrier| match writes {
                true => poll.watch_both(carrier),
                false => poll.watch(carrier),
            });
        }
    }

    /// Returns the next moment at which a turn is due without an event.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        let closing = |stream: &Stream| match stream.stage {
            Stage::Closing(until) => Some(until),
            _ => None,
        };
        let deaf = (self.deaf_until > now()).then_some(self.deaf_until);
        self.all.values().filter_map(closing).chain(deaf).min()
    }

    /// Collects the events of a turn; returns true if there may be more.
    pub(crate) fn turn(&mut self, poll: &Poll, inputs: &mut Vec<Input>) -> bool {
        inputs.extend(self.told.drain(..));
        let mut more = false;
        while let Some(step) = self.handshakes.as_ref().and_then(Handshakes::next) {
            self.shaken(step, inputs);
        }
        for door in 0..self.doors.len() {
            more |= self.accept(poll, door, inputs);
        }
        let ready: Vec<ConnectionId> = self
            .all
            .iter()
            .filter(|(_, stream)| stream.place.is_some_and(|place| poll.is_ready(place)))
            .map(|(id, _)| *id)
            .collect();
        let first = ready.partition_point(|id| self.next.is_some_and(|next| *id < next));
        let in_turn = ready.iter().cycle().skip(first).take(ready.len());
        for id in in_turn.clone().take(READ_A_TURN) {
            self.look(*id, inputs);
        }
        self.next = in_turn.clone().nth(READ_A_TURN).copied();
        let now = now();
        self.all
            .retain(|_, stream| !matches!(stream.stage, Stage::Closing(until) if until <= now));
        // An index is valid for a single poll.
        self.all.values_mut().for_each(|stream| stream.place = None);
        more || self.next.is_some()
    }

    fn accept(&mut self, poll: &Poll, door: usize, inputs: &mut Vec<Input>) -> bool {
        let ready = self.doors[door].place.take();
        if !ready.is_some_and(|place| poll.is_ready(place)) {
            return false;
        }
        for _ in 0..ACCEPTED_A_TURN {
            if self.all.len() >= self.sockets_max {
                return false;
            }
            let door = &self.doors[door];
            let (tcp, peer) = match door.listening.accept() {
                Ok(Some(accepted)) => accepted,
                Ok(None) => return false,
                Err(error) => {
                    tracing::warn!(%error, "a SIP connection cannot be accepted now");
                    self.deaf_until = now() + BREATH;
                    return false;
                }
            };
            let Some((carrier, transport)) = door.carrier(tcp) else {
                continue;
            };
            self.accepted += 1;
            let id = ConnectionId::Theirs(self.accepted);
            let stage = match transport {
                Transport::Tls => Stage::Greeting(peer),
                Transport::Udp | Transport::Tcp => Stage::Open,
            };
            self.insert(id, carrier, transport, stage);
            // Reported before the TLS handshake: a peer that does not complete the handshake is
            // treated as a silent peer.
            inputs.push(told(id, ConnectionEvent::Opened { peer, transport }));
        }
        true
    }

    fn insert(&mut self, id: ConnectionId, carrier: Carrier, transport: Transport, stage: Stage) {
        let stream = Stream {
            carrier: Some(carrier),
            ours: matches!(id, ConnectionId::Ours(_)),
            transport,
            stage,
            unsent: VecDeque::new(),
            answered: false,
            place: None,
        };
        self.all.insert(id, stream);
    }

    /// Handles a connection that is ready: opened, readable, writable or closed.
    fn look(&mut self, id: ConnectionId, inputs: &mut Vec<Input>) {
        let Some(stream) = self.all.get_mut(&id) else {
            return;
        };
        match stream.open() {
            Ok(None) => {}
            Ok(Some(peer)) => {
                let transport = stream.transport;
                inputs.push(told(id, ConnectionEvent::Opened { peer, transport }));
            }
            Err(_) => return self.gone(id, inputs),
        }
        if let Stage::Greeting(_) = stream.stage
            && let Some(handshakes) = &self.handshakes
            && let Some(carrier) = stream.carrier.take()
        {
            return handshakes.go_on(id, carrier);
        }
        let Some(carrier) = stream.carrier.as_mut() else {
            return;
        };
        if matches!(stream.stage, Stage::Opening | Stage::Greeting(_)) {
            return;
        }
        loop {
            match carrier.read(&mut self.room) {
                Ok(None) => break,
                // Data after our close is read, so that no reset follows.
                Ok(Some(_)) if stream.stage != Stage::Open => {}
                Ok(Some(bytes)) => {
                    let bytes = bytes.to_vec();
                    inputs.push(told(id, ConnectionEvent::Received { bytes }));
                }
                Err(_) => return self.gone(id, inputs),
            }
            // Decrypted and unread data, at most a few records, would not wake the poll.
            if !carrier.holds_more() {
                break;
            }
        }
        if stream.flush().is_err() {
            self.gone(id, inputs);
        }
    }

    /// Handles a completed step of a handshake. If the connection no longer exists, dropping its
    /// socket closes it.
    fn shaken(&mut self, step: Step, inputs: &mut Vec<Input>) {
        let Some(stream) = self.all.get_mut(&step.id) else {
            return;
        };
        stream.carrier = Some(step.carrier);
        let Stage::Greeting(peer) = stream.stage else {
            return;
        };
        match step.result {
            Ok(false) => {}
            Ok(true) => {
                stream.stage = Stage::Open;
                if stream.ours {
                    let transport = stream.transport;
                    inputs.push(told(step.id, ConnectionEvent::Opened { peer, transport }));
                }
                // Data that arrived with the last step would not wake the poll.
                self.look(step.id, inputs);
            }
            Err(error) => {
                if stream.ours {
                    tracing::warn!(%peer, %error, "a SIP connection over TLS cannot be opened");
                }
                self.gone(step.id, inputs);
            }
        }
    }

    fn gone(&mut self, id: ConnectionId, inputs: &mut Vec<Input>) {
        let stream = self.all.remove(&id);
        if stream.is_some_and(|stream| !matches!(stream.stage, Stage::Closing(_))) {
            inputs.push(told(id, ConnectionEvent::Closed));
        }
    }

    /// Executes an order. Resulting events are reported in the next turn.
    pub(crate) fn obey(&mut self, id: ConnectionId, order: ConnectionOrder) {
        let done = match order {
            ConnectionOrder::Open { to, tls } => self.open(id, to, tls.as_deref()),
            ConnectionOrder::Send(bytes) => self.send(id, &bytes),
            ConnectionOrder::Close => {
                self.close(id);
                Ok(())
            }
        };
        if done.is_err() {
            self.all.remove(&id);
            self.told.push_back(told(id, ConnectionEvent::Closed));
        }
    }

    fn open(&mut self, id: ConnectionId, to: SocketAddr, tls: Option<&str>) -> std::io::Result<()> {
        let (carrier, transport) = match (tls, &self.client) {
            (None, _) => (Tcp::open(to)?.into(), Transport::Tcp),
            (Some(name), Some(client)) => {
                let carrier = Carrier::to_name(Tcp::open(to)?, Arc::clone(client), name)?;
                (carrier, Transport::Tls)
            }
            (Some(_), None) => return Err(std::io::ErrorKind::Unsupported.into()),
        };
        self.insert(id, carrier, transport, Stage::Opening);
        Ok(())
    }

    fn send(&mut self, id: ConnectionId, bytes: &[u8]) -> std::io::Result<()> {
        // The end of the connection has been reported, or will be.
        let Some(stream) = self.all.get_mut(&id) else {
            return Ok(());
        };
        if stream.unsent.len() + bytes.len() > SIP_CONNECTION_UNSENT_BYTES_MAX {
            tracing::debug!(
                ?id,
                "a SIP connection is closed: its other end does not read"
            );
            return Err(std::io::ErrorKind::TimedOut.into());
        }
        stream.unsent.extend(bytes);
        stream.answered = true;
        stream.flush()
    }

    /// Closes a connection, with time for the last bytes. Closes immediately if nothing was sent,
    /// so that rejected connections do not use the sockets of others.
    fn close(&mut self, id: ConnectionId) {
        if self.all.get(&id).is_some_and(|stream| !stream.answered) {
            self.all.remove(&id);
            return;
        }
        if let Some(stream) = self.all.get_mut(&id) {
            stream.stage = Stage::Closing(now() + LINGER);
            if let Some(carrier) = &mut stream.carrier
                && stream.unsent.is_empty()
                && !carrier.wants_write()
            {
                carrier.finish();
            }
        }
    }

    /// Returns whether events are queued for the next turn.
    pub(crate) fn has_told(&self) -> bool {
        !self.told.is_empty()
    }
}

impl Door {
    fn new(listening: Listening, tls: Option<Arc<ServerConfig>>) -> Self {
        Self {
            listening,
            tls,
            place: None,
        }
    }

    /// Returns the socket of an accepted connection.
    fn carrier(&self, tcp: Tcp) -> Option<(Carrier, Transport)> {
        let Some(tls) = &self.tls else {
            return Some((tcp.into(), Transport::Tcp));
        };
        let carrier = Carrier::accepted(tcp, Arc::clone(tls)).ok()?;
        Some((carrier, Transport::Tls))
    }
}

impl Stream {
    fn waits_to_write(&self) -> bool {
        let wants = self.carrier.as_ref().is_some_and(Carrier::wants_write);
        match self.stage {
            Stage::Opening => true,
            Stage::Greeting(_) => wants,
            Stage::Open | Stage::Closing(_) => !self.unsent.is_empty() || wants,
        }
    }

    /// Continues to open an outbound connection; returns the peer once it is open.
    fn open(&mut self) -> std::io::Result<Option<SocketAddr>> {
        let Some(carrier) = &self.carrier else {
            return Ok(None);
        };
        if self.stage != Stage::Opening {
            return Ok(None);
        }
        let peer = carrier.opened()?;
        if self.transport == Transport::Tls {
            self.stage = Stage::Greeting(peer);
            return Ok(None);
        }
        self.stage = Stage::Open;
        Ok(Some(peer))
    }

    /// Sends queued bytes, as far as the kernel accepts them.
    fn flush(&mut self) -> std::io::Result<()> {
        let is_ready = matches!(self.stage, Stage::Open | Stage::Closing(_));
        let Some(carrier) = self.carrier.as_mut().filter(|_| is_ready) else {
            return Ok(());
        };
        if self.unsent.is_empty() && !carrier.wants_write() {
            return Ok(());
        }
        let sent = carrier.write(self.unsent.make_contiguous())?;
        self.unsent.drain(..sent);
        let is_sent = self.unsent.is_empty() && !carrier.wants_write();
        if is_sent && matches!(self.stage, Stage::Closing(_)) {
            carrier.finish();
        }
        Ok(())
    }
}
