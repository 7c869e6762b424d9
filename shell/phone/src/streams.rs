//! A phone's TCP connections, looked at whenever it looks at its timers: every 20 ms at least.

use std::collections::{BTreeMap, VecDeque};
use std::io;

use confab_sip::{ConnectionEvent, ConnectionId, ConnectionOrder};
use confab_sockets::Tcp;

/// Bytes read of one connection at once.
const READ_BYTES: usize = 16 * 1024;

struct Stream {
    tcp: Tcp,
    open: bool,
    unsent: VecDeque<u8>,
}

/// The connections of one phone.
#[derive(Default)]
pub(crate) struct Streams {
    all: BTreeMap<ConnectionId, Stream>,
    lost: Vec<ConnectionId>,
}

impl Streams {
    pub(crate) fn obey(&mut self, id: ConnectionId, order: ConnectionOrder) {
        match order {
            ConnectionOrder::Open { to } => match Tcp::open(to) {
                Ok(tcp) => {
                    let (open, unsent) = (false, VecDeque::new());
                    self.all.insert(id, Stream { tcp, open, unsent });
                }
                Err(_) => self.lost.push(id),
            },
            ConnectionOrder::Send(bytes) => {
                if let Some(stream) = self.all.get_mut(&id) {
                    stream.unsent.extend(bytes);
                    // What fails is found out when it is looked at.
                    let _gone = stream.flush();
                }
            }
            ConnectionOrder::Close => drop(self.all.remove(&id)),
        }
    }

    /// What has happened since the last time.
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
            let peer = self.tcp.opened().map_err(|error| match error.kind() {
                io::ErrorKind::NotConnected => io::ErrorKind::WouldBlock.into(),
                _ => error,
            })?;
            self.open = true;
            happened.push((id, ConnectionEvent::Opened { peer }));
        }
        let mut room = [0; READ_BYTES];
        while let Some(bytes) = self.tcp.read(&mut room)? {
            let bytes = bytes.to_vec();
            happened.push((id, ConnectionEvent::Received { bytes }));
        }
        self.flush()
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.open {
            let sent = self.tcp.write(self.unsent.make_contiguous())?;
            self.unsent.drain(..sent);
        }
        Ok(())
    }
}
