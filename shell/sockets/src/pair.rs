//! Pairs of ports: RTP on an even port, RTCP on the next odd port (RFC 3550 §11).

use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use confab_rtp::{PairState, choose_pair};
use confab_terms::Instant;
use confab_terms::limits::PORTS_TAKEN_MAX;
use rand_chacha::ChaCha20Rng;
use rand_core::{RngCore as _, SeedableRng as _};

use crate::limits::of_calls;
use crate::{Udp, now};

/// Sockets of a leg.
#[derive(Debug)]
pub struct Pair {
    /// Socket of the even port, for RTP.
    pub rtp: Udp,
    /// Socket of the next port, for RTCP.
    pub rtcp: Udp,
    /// Number of the even port.
    pub port: u16,
    /// Lease of the pair, dropped after the sockets.
    pub lease: Lease,
}

impl Pair {
    /// Reads the waiting packets of both ports; returns whether there were any.
    pub fn drain(&self, buffer: &mut [u8]) -> bool {
        let mut drain = |udp: &Udp| {
            let packets = (0..DRAINED_MAX).map_while(|_| udp.receive_from(buffer));
            packets.count() > 0
        };
        let (rtp, rtcp) = (drain(&self.rtp), drain(&self.rtcp));
        rtp || rtcp
    }
}

/// Maximum number of packets that are read from each port before the pair is given up.
const DRAINED_MAX: usize = 32;

/// Use of a pair of a range. The pair begins to rest when the lease is dropped.
#[derive(Debug)]
pub struct Lease {
    uses: Arc<[AtomicU64]>,
    index: usize,
}

impl Drop for Lease {
    fn drop(&mut self) {
        if let Some(uses) = self.uses.get(self.index) {
            uses.store(now().0, Ordering::Release);
        }
    }
}

/// Range of ports with at least one pair, from `first` to `last` inclusive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PortRange {
    first: u16,
    last: u16,
}

impl PortRange {
    /// Creates a range; returns `None` if the range has no even port with the next one.
    #[must_use]
    pub fn new(first: u16, last: u16) -> Option<Self> {
        let even = first.max(2).checked_next_multiple_of(2)?;
        (even < last).then_some(Self { first: even, last })
    }

    /// Returns the number of pairs.
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

/// Pairs of a range on one address, bound in random order; a used pair rests before it is bound
/// again ([`choose_pair`]). Several threads share a range without locks.
#[derive(Debug)]
pub struct Ports {
    address: IpAddr,
    range: PortRange,
    /// For each pair: `UNUSED`, `IN_USE`, or the end of its last use in nanoseconds.
    uses: Arc<[AtomicU64]>,
    random: ChaCha20Rng,
}

const UNUSED: u64 = 0;
const IN_USE: u64 = u64::MAX;

fn state(uses: &AtomicU64) -> PairState {
    match uses.load(Ordering::Acquire) {
        UNUSED => PairState::Unused,
        IN_USE => PairState::InUse,
        since => PairState::FreeSince(Instant(since)),
    }
}

impl Ports {
    /// Creates the ports of a range in which no other `Ports` of this process may bind.
    #[must_use]
    pub fn new(address: IpAddr, range: PortRange, seed: [u8; 32]) -> Self {
        Self {
            address,
            range,
            uses: (0..range.pairs()).map(|_| AtomicU64::new(UNUSED)).collect(),
            random: ChaCha20Rng::from_seed(seed),
        }
    }

    /// Returns ports of the same range for another thread.
    #[must_use]
    pub fn shared(&self, seed: [u8; 32]) -> Self {
        Self {
            address: self.address,
            range: self.range,
            uses: Arc::clone(&self.uses),
            random: ChaCha20Rng::from_seed(seed),
        }
    }

    /// Binds a free pair: both ports or neither.
    ///
    /// # Errors
    ///
    /// All pairs are in use; other programs use too many; the address is not of this machine; or no
    /// file descriptors are left.
    pub fn bind(&mut self) -> io::Result<Pair> {
        let mut why = io::Error::from(io::ErrorKind::AddrInUse);
        for _ in 0..PORTS_TAKEN_MAX {
            let Some(lease) = self.lease() else {
                return Err(why);
            };
            let index = u16::try_from(lease.index).unwrap_or(u16::MAX);
            match bind_pair(self.address, self.range.port(index), lease) {
                // The pair rests as if it was used here: the next choice is another pair.
                Err(error) if error.kind() == io::ErrorKind::AddrInUse => why = error,
                bound => return bound,
            }
        }
        Err(why)
    }

    fn lease(&mut self) -> Option<Lease> {
        // Another thread may take the pair first; then another one is chosen.
        for _ in 0..PORTS_TAKEN_MAX {
            let index = choose_pair(&self.uses.iter().map(state), now(), self.random.next_u64())?;
            let uses = self.uses.get(index)?;
            let seen = uses.load(Ordering::Acquire);
            let taken = seen != IN_USE
                && uses
                    .compare_exchange(seen, IN_USE, Ordering::AcqRel, Ordering::Acquire)
                    .is_ok();
            if taken {
                return Some(Lease {
                    uses: Arc::clone(&self.uses),
                    index,
                });
            }
        }
        None
    }
}

fn bind_pair(address: IpAddr, port: u16, lease: Lease) -> io::Result<Pair> {
    let rtp = of_calls(Udp::bind(SocketAddr::new(address, port))?)?;
    let rtcp = of_calls(Udp::bind(SocketAddr::new(address, port + 1))?)?;
    Ok(Pair {
        rtp,
        rtcp,
        port,
        lease,
    })
}
