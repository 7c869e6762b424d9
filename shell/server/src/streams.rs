//! The SIP ports' TCP and TLS side: sockets by the names of their connections. Carries out what the
//! switchboard asks of them, tells what happens on them, and decides nothing but when somebody
//! reads too slowly.

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

/// New connections accepted in a turn. Each turn polls all connections, so a flood of new ones is
/// accepted in few turns; a caller behind the flood in the backlog waits for the flood's end.
const ACCEPTED_A_TURN: usize = 64;
/// Connections read a turn.
const READ_A_TURN: usize = 32;
/// Bytes of each.
const READ_BYTES: usize = 16 * 1024;
/// How long a connection that we close may still take to send what waits, and the other end to
/// close it too: with an unread byte of theirs it would be reset, and lose what we said last.
const LINGER: Duration = Duration::from_secs(2);
/// Parts of the descriptors that the process may have, one of which is for connections: calls need
/// theirs.
const DESCRIPTORS_SHARE: usize = 4;
/// How long nobody is accepted when there are no descriptors left.
const BREATH: Duration = Duration::from_millis(100);

/// How far a connection is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Opening,
    /// TCP is open, and TLS shakes hands.
    Greeting(SocketAddr),
    Open,
    /// Nobody is told of it any more.
    Closing(Instant),
}

/// A socket on which they come in.
#[derive(Debug)]
struct Door {
    listening: Listening,
    tls: Option<Arc<ServerConfig>>,
    place: Option<usize>,
}

/// SIP over TLS: where it comes in, with what, and whom we believe when we call.
#[derive(Debug)]
pub(crate) struct Sips {
    pub(crate) listening: Listening,
    pub(crate) port: u16,
    pub(crate) server: Arc<ServerConfig>,
    pub(crate) client: Arc<ClientConfig>,
}

#[derive(Debug)]
struct Stream {
    /// `None` while a worker goes on with its handshake.
    carrier: Option<Carrier>,
    /// We opened it: the switchboard is told once it is open.
    ours: bool,
    transport: Transport,
    stage: Stage,
    /// What the kernel has not taken yet.
    unsent: VecDeque<u8>,
    /// Anything was sent on it, or is to be.
    answered: bool,
    /// Its place among what is waited for.
    place: Option<usize>,
}

/// All the connections of the SIP port.
#[derive(Debug)]
pub(crate) struct Streams {
    /// Over TCP, and over TLS if there is any.
    doors: Vec<Door>,
    client: Option<Arc<ClientConfig>>,
    /// With TLS.
    handshakes: Option<Handshakes>,
    /// Nobody is accepted before.
    deaf_until: Instant,
    sockets_max: usize,
    all: BTreeMap<ConnectionId, Stream>,
    accepted: u64,
    /// Whose turn to be read is next.
    next: Option<ConnectionId>,
    /// What happened while orders were carried out.
    told: VecDeque<Input>,
    room: Box<[u8]>,
}

fn told(connection: ConnectionId, event: ConnectionEvent) -> Input {
    Input::Connection { connection, event }
}

/// Returns how many connections there may be at once.
pub(crate) fn connections_max() -> usize {
    let descriptors = usize::try_from(raise_open_files()).unwrap_or(usize::MAX);
    SIP_CONNECTIONS_MAX.min(descriptors / DESCRIPTORS_SHARE)
}

impl Streams {
    /// Listens. Steps of TLS handshakes ring the bell.
    ///
    /// # Errors
    ///
    /// No thread for the handshakes.
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
            // Those that linger included.
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

    /// Adds all that is waited for.
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

    /// When something is to be looked at although nothing comes.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        let closing = |stream: &Stream| match stream.stage {
            Stage::Closing(until) => Some(until),
            _ => None,
        };
        let deaf = (self.deaf_until > now()).then_some(self.deaf_until);
        self.all.values().filter_map(closing).chain(deaf).min()
    }

    /// What has happened, a turn's worth of it; `true`: there may be more at once.
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
        // A place is good for the wait that it was made for.
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
            // Over TLS before the handshake: whoever does not come to its end is told as one who
            // says nothing.
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

    /// One of them is ready: opened, readable, writable or gone.
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
                // What comes after our close is read, so that it is not answered with a reset.
                Ok(Some(_)) if stream.stage != Stage::Open => {}
                Ok(Some(bytes)) => {
                    let bytes = bytes.to_vec();
                    inputs.push(told(id, ConnectionEvent::Received { bytes }));
                }
                Err(_) => return self.gone(id, inputs),
            }
            // Nothing would tell of what was decrypted and not read: a record or two.
            if !carrier.holds_more() {
                break;
            }
        }
        if stream.flush().is_err() {
            self.gone(id, inputs);
        }
    }

    /// A worker has gone on with a handshake. A connection that is not known any more is closed by
    /// dropping it.
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
                // What came with the last step would be told by nobody.
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

    /// Carries out an order. What comes of it is told at the next turn.
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
        // It has been told that it is gone, or will be.
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

    /// Closes a connection, with time for what was sent last; at once if nothing was sent, so that
    /// refused connections do not take the sockets of others.
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

    /// Whether something happened that a turn has to tell.
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

    /// What comes in here.
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

    /// Goes on with its opening; the other end, if it is open now and was not before.
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

    /// Sends what waits, as far as the kernel takes it.
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
