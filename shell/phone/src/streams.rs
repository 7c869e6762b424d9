//! TCP and TLS connections of a phone, which are polled with its timers: at least every 20 ms.

use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use confab_sip::{ConnectionEvent, ConnectionId, ConnectionOrder, Transport};
use confab_sockets::{Carrier, Tcp};
use rustls::ClientConfig;

/// Size of the buffer for reading, in bytes.
const READ_BYTES: usize = 16 * 1024;

struct Stream {
    carrier: Carrier,
    transport: Transport,
    open: bool,
    unsent: VecDeque<u8>,
}

/// Connections of a phone.
pub(crate) struct Streams {
    all: BTreeMap<ConnectionId, Stream>,
    lost: Vec<ConnectionId>,
    believes: Option<Arc<ClientConfig>>,
}

impl Streams {
    pub(crate) fn new(believes: Option<Arc<ClientConfig>>) -> Self {
        Self {
            all: BTreeMap::new(),
            lost: Vec::new(),
            believes,
        }
    }

    fn carrier(&self, to: SocketAddr, tls: Option<&str>) -> io::Result<(Carrier, Transport)> {
        let tcp = Tcp::open(to)?;
        match (tls, &self.believes) {
            (None, _) => Ok((tcp.into(), Transport::Tcp)),
            (Some(name), Some(believes)) => {
                let carrier = Carrier::to_name(tcp, Arc::clone(believes), name)?;
                Ok((carrier, Transport::Tls))
            }
            (Some(_), None) => Err(io::ErrorKind::Unsupported.into()),
        }
    }

    pub(crate) fn obey(&mut self, id: ConnectionId, order: ConnectionOrder) {
        match order {
            ConnectionOrder::Open { to, tls } => match self.carrier(to, tls.as_deref()) {
                Ok((carrier, transport)) => {
                    let stream = Stream {
                        carrier,
                        transport,
                        open: false,
                        unsent: VecDeque::new(),
                    };
                    self.all.insert(id, stream);
                }
                Err(_) => self.lost.push(id),
            },
            ConnectionOrder::Send(bytes) => {
                if let Some(stream) = self.all.get_mut(&id) {
                    stream.unsent.extend(bytes);
                    // An error is detected at the next poll.
                    let _gone = stream.flush();
                }
            }
            ConnectionOrder::Close => drop(self.all.remove(&id)),
        }
    }

    /// Returns the events since the last call.
    pub(crate) fn look(&mut self) -> Vec<(ConnectionId, ConnectionEvent)> {
        let mut happened = Vec::new();
        for (id, stream) in &mut self.all {
            if let Err(error) = stream.look(*id, &mut happened)
                && error.kind() != io::ErrorKind::WouldBlock
            {
                self.lost.push(*id);
            }
        }
        for id in self.lost.drain(..) {
            self.all.remove(&id);
            happened.push((id, ConnectionEvent::Closed));
        }
        happened
    }
}

impl Stream {
    fn look(
        &mut self,
        id: ConnectionId,
        happened: &mut Vec<(ConnectionId, ConnectionEvent)>,
    ) -> io::Result<()> {
        if !self.open {
            let peer = self.carrier.opened().map_err(|error| match error.kind() {
                io::ErrorKind::NotConnected => io::ErrorKind::WouldBlock.into(),
                _ => error,
            })?;
            if !self.carrier.shake_hands()? {
                return Ok(());
            }
            self.open = true;
            let transport = self.transport;
            happened.push((id, ConnectionEvent::Opened { peer, transport }));
        }
        let mut room = [0; READ_BYTES];
        while let Some(bytes) = self.carrier.read(&mut room)? {
            let bytes = bytes.to_vec();
            happened.push((id, ConnectionEvent::Received { bytes }));
        }
        self.flush()
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.open {
            let sent = self.carrier.write(self.unsent.make_contiguous())?;
            self.unsent.drain(..sent);
        }
        Ok(())
    }
}
