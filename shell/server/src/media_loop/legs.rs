//! Sockets of a media thread's legs: found without hashing, read in batches, connected once the
//! phone's address is known.

use confab_media::Component;
use confab_sockets::{Lease, Pair, Udp};
use confab_terms::{LegId, SocketAddr};

/// RTP or RTCP socket of a leg.
#[derive(Debug)]
pub(crate) struct Socket {
    pub(crate) udp: Udp,
    connection: Connection,
    /// Number of the kernel's drops counted so far.
    drops: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Connection {
    None,
    /// Connected, but queued packets may be older than the connection, and from any source.
    Fresh(SocketAddr),
    /// Connected; all packets are from this peer.
    Only(SocketAddr),
}

impl Socket {
    fn new(udp: Udp) -> Self {
        Self {
            udp,
            connection: Connection::None,
            drops: 0,
        }
    }

    /// Returns the number of packets that the kernel dropped since the last call.
    pub(crate) fn new_drops(&mut self) -> u64 {
        let drops = self.udp.drops();
        let new = drops.wrapping_sub(self.drops);
        self.drops = drops;
        new.into()
    }

    /// Reads the next packet; returns its length and source.
    pub(crate) fn receive(&mut self, packet: &mut [u8]) -> Option<(usize, SocketAddr)> {
        match self.connection {
            Connection::Only(peer) => self.udp.receive(packet).map(|length| (length, peer)),
            Connection::None => self.udp.receive_from(packet),
            Connection::Fresh(peer) => {
                let waited = self.udp.receive_from(packet);
                if waited.is_none() {
                    self.connection = Connection::Only(peer);
                }
                waited
            }
        }
    }

    /// Returns whether the socket was connected and not emptied since.
    pub(crate) fn is_fresh(&self) -> bool {
        matches!(self.connection, Connection::Fresh(_))
    }

    /// Sends a packet; returns whether the kernel accepted it.
    pub(crate) fn send(&self, bytes: &[u8], to: SocketAddr) -> bool {
        match self.connection {
            Connection::None => self.udp.send_to(bytes, to),
            Connection::Fresh(_) | Connection::Only(_) => self.udp.send(bytes),
        }
    }

    /// Connects the socket to the peer: cheaper, and the kernel drops packets of other sources.
    /// After an error the socket remains unconnected.
    pub(crate) fn connect(&mut self, peer: SocketAddr) {
        self.connection = match self.udp.connect(peer) {
            Ok(()) => Connection::Fresh(peer),
            Err(_) => Connection::None,
        };
    }

    fn disconnect(&mut self) {
        // A socket that remains connected to the old address cannot send elsewhere.
        if self.connection != Connection::None && self.udp.disconnect().is_ok() {
            self.connection = Connection::None;
        }
    }
}

/// Leg with its two sockets.
#[derive(Debug)]
pub(crate) struct Leg {
    pub(crate) id: LegId,
    pub(crate) rtp: Socket,
    pub(crate) rtcp: Socket,
    /// Lease of the ports; dropped after the sockets.
    _lease: Lease,
}

impl Leg {
    pub(crate) fn socket(&mut self, component: Component) -> &mut Socket {
        match component {
            Component::Rtp => &mut self.rtp,
            Component::Rtcp => &mut self.rtcp,
        }
    }

    pub(crate) fn disconnect(&mut self) {
        self.rtp.disconnect();
        self.rtcp.disconnect();
    }

    /// Returns the number of packets that the kernel dropped since the last call.
    pub(crate) fn new_drops(&mut self) -> u64 {
        self.rtp.new_drops() + self.rtcp.new_drops()
    }
}

/// Legs in the order of their ids, the order in which the engine sends.
#[derive(Debug, Default)]
pub(crate) struct Legs {
    legs: Vec<Leg>,
    /// Index after the leg that was found last: most likely the next leg.
    next: usize,
}

impl Legs {
    /// Adds a leg with new sockets; the kernel records the time of arrival of its RTCP.
    pub(crate) fn open(&mut self, id: LegId, pair: Pair) {
        pair.rtcp.note_arrivals();
        self.put(Leg {
            id,
            rtp: Socket::new(pair.rtp),
            rtcp: Socket::new(pair.rtcp),
            _lease: pair.lease,
        });
    }

    /// Adds a leg with existing sockets.
    pub(crate) fn put(&mut self, leg: Leg) {
        match self.place(leg.id) {
            Ok(place) => self.legs[place] = leg,
            Err(place) => self.legs.insert(place, leg),
        }
    }

    /// Removes a leg; returns it with its sockets.
    pub(crate) fn take(&mut self, id: LegId) -> Option<Leg> {
        let place = self.place(id).ok()?;
        Some(self.legs.remove(place))
    }

    pub(crate) fn find(&mut self, id: LegId) -> Option<&mut Leg> {
        let likely = self.legs.get(self.next).is_some_and(|leg| leg.id == id);
        let place = if likely {
            self.next
        } else {
            self.place(id).ok()?
        };
        self.next = place + 1;
        self.legs.get_mut(place)
    }

    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Leg> {
        self.legs.iter_mut()
    }

    fn place(&self, id: LegId) -> Result<usize, usize> {
        self.legs.binary_search_by_key(&id, |leg| leg.id)
    }
}

#[cfg(test)]
mod tests;
