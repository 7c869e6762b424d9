//! Pairs of ports: RTP on an even one, RTCP on the odd one above (RFC 3550 §11).

use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr};

use crate::Udp;

/// The two sockets of a leg.
#[derive(Debug)]
pub struct Pair {
    /// Even port.
    pub rtp: Udp,
    /// The port above.
    pub rtcp: Udp,
    /// The even port.
    pub port: u16,
}

/// Ports from `first` to `last`, both included, that hold at least one pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PortRange {
    first: u16,
    last: u16,
}

impl PortRange {
    /// `None` if there is no even port with the one above it in the range.
    #[must_use]
    pub fn new(first: u16, last: u16) -> Option<Self> {
        let even = first.max(2).checked_next_multiple_of(2)?;
        (even < last).then_some(Self { first: even, last })
    }

    /// How many pairs it holds.
    #[must_use]
    pub fn pairs(self) -> u16 {
        (self.last - self.first).div_ceil(2)
    }

    fn port(self, pair: u16) -> u16 {
        self.first + 2 * pair
    }
}

impl fmt::Display for PortRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.first, self.last)
    }
}

/// Binds pairs of a range on one address. A port that was freed comes last again, so that a late
/// packet for the old call does not reach a new one.
#[derive(Debug)]
pub struct Ports {
    address: IpAddr,
    range: PortRange,
    next: u16,
}

impl Ports {
    /// `share` of `shares` begins at its own part of the range, so that threads do not collide.
    #[must_use]
    pub fn new(address: IpAddr, range: PortRange, share: u16, shares: u16) -> Self {
        let begin = u32::from(range.pairs()) * u32::from(share) / u32::from(shares.max(1));
        Self {
            address,
            range,
            next: u16::try_from(begin).unwrap_or(0),
        }
    }

    /// Binds the next free pair: both ports or none.
    ///
    /// # Errors
    ///
    /// All are taken, the address is not ours, or there are no more file descriptors.
    pub fn bind(&mut self) -> io::Result<Pair> {
        let mut why = io::Error::from(io::ErrorKind::AddrInUse);
        for _ in 0..self.range.pairs() {
            let port = self.range.port(self.next);
            self.next = (self.next + 1) % self.range.pairs();
            match bind_pair(self.address, port) {
                Err(error) if error.kind() == io::ErrorKind::AddrInUse => why = error,
                bound => return bound,
            }
        }
        Err(why)
    }
}

fn bind_pair(address: IpAddr, port: u16) -> io::Result<Pair> {
    let rtp = Udp::bind(SocketAddr::new(address, port))?;
    let rtcp = Udp::bind(SocketAddr::new(address, port + 1))?;
    Ok(Pair { rtp, rtcp, port })
}
