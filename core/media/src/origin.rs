//! Source learning: addresses from which a leg's packets are accepted, and to which its packets are
//! sent. The SDP names an address, a NAT may replace it, and other hosts on the network must not be
//! heard.

use core::time::Duration;

use confab_terms::{Instant, IpAddr, SocketAddr};
use serde::{Deserialize, Serialize};

use crate::{Component, LegMedia};

/// Time after which no other source is accepted until the next offer or answer.
const LOCKS_AFTER: Duration = Duration::from_secs(5);
/// Number of packets of other possible sources that block a source which is not exact.
const CHALLENGES_MAX: u8 = 3;

/// Expected source of a component, by the last offer and answer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Expected {
    sdp: SocketAddr,
    trusts_sdp: bool,
    /// Hosts whose packets are accepted after a probation.
    hosts: [Option<IpAddr>; 2],
    /// Number of consecutive packets, and the time that they must span.
    probation: (u8, Duration),
}

impl Expected {
    /// Returns the expected source of RTP. The probation spans several packets of the longest
    /// packet time: a source that sends faster never finds a gap between the other's packets.
    pub(crate) fn rtp(media: &LegMedia) -> Self {
        let sdp = media.remote_rtp;
        Self {
            sdp,
            trusts_sdp: media.trusts_sdp,
            hosts: [
                Some(media.signalling_address),
                Some(sdp.ip()).filter(|_| media.trusts_sdp),
            ],
            probation: (5, Duration::from_millis(200)),
        }
    }

    /// Returns the expected source of RTCP, which arrives every few seconds: the host of the RTP
    /// source.
    pub(crate) fn rtcp(media: &LegMedia, rtp: &Origin) -> Self {
        Self {
            sdp: media.remote_rtcp,
            trusts_sdp: media.trusts_sdp,
            hosts: [rtp.peer().map(|peer| peer.ip()), None],
            probation: (2, Duration::ZERO),
        }
    }

    fn is_exact(&self, from: SocketAddr) -> bool {
        self.trusts_sdp && from == self.sdp
    }

    fn is_possible(&self, from: SocketAddr) -> bool {
        self.is_exact(from) || self.hosts.contains(&Some(from.ip()))
    }
}

/// Source of a component.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Origin {
    /// No accepted source: no packet arrived, or several sources block each other.
    Open(Option<Candidate>),
    /// Accepted source, not locked yet.
    Learnt {
        peer: SocketAddr,
        /// Time of the source's first packet since the last offer or answer.
        since: Option<Instant>,
        /// True for the SDP's own address and port.
        exact: bool,
        /// Number of packets of other possible sources.
        challenges: u8,
    },
    /// Only source until the next offer or answer. A source that is not exact is still replaced by
    /// the exact source.
    Locked { peer: SocketAddr, exact: bool },
}

/// Possible source on probation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Candidate {
    from: SocketAddr,
    packets: u8,
    since: Instant,
}

/// Result for a valid packet of a possible source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Packet to discard.
    Drop,
    /// Packet to use.
    Accept,
    /// Packet to use; from this packet on no other source is accepted.
    Lock,
}

impl Origin {
    pub(crate) const OPEN: Self = Self::Open(None);

    /// Returns whether a packet of this source is decrypted and parsed.
    pub(crate) fn admits(&self, from: SocketAddr, expected: &Expected) -> bool {
        match *self {
            Self::Locked { peer, exact: false } => from == peer || expected.is_exact(from),
            Self::Locked { peer, .. }
            | Self::Learnt {
                peer, exact: true, ..
            } => from == peer,
            Self::Open(_) | Self::Learnt { .. } => expected.is_possible(from),
        }
    }

    /// Records a valid packet of a source that `admits` has accepted. With SRTP, the packet must be
    /// authenticated.
    pub(crate) fn take(&mut self, now: Instant, from: SocketAddr, expected: &Expected) -> Verdict {
        let exact = expected.is_exact(from);
        if let Some((peer, was_exact)) = self.ripe(now) {
            let exact = was_exact || expected.is_exact(peer);
            *self = Self::Locked { peer, exact };
            // If the SDP's address is trusted, the socket stays unconnected for the exact source.
            if peer == from && (exact || !expected.trusts_sdp) {
                return Verdict::Lock;
            }
        }
        match self {
            Self::Locked { peer, .. } if *peer == from => Verdict::Accept,
            Self::Locked { exact: false, .. } if exact => {
                *self = Self::Locked { peer: from, exact };
                Verdict::Lock
            }
            Self::Locked { .. } => Verdict::Drop,
            Self::Learnt {
                peer,
                since,
                exact: was_exact,
                ..
            } if *peer == from => {
                *was_exact |= exact;
                since.get_or_insert(now);
                Verdict::Accept
            }
            _ if exact => {
                *self = Self::learnt(Some(now), from, true);
                Verdict::Accept
            }
            Self::Learnt { exact: true, .. } => Verdict::Drop,
            Self::Learnt { challenges, .. } => {
                *challenges += 1;
                if *challenges >= CHALLENGES_MAX {
                    *self = Self::Open(Some(Candidate::new(now, from)));
                }
                Verdict::Drop
            }
            Self::Open(candidate) => {
                // A packet of another source restarts the probation: such sources block each other.
                let same = candidate.filter(|candidate| candidate.from == from);
                let mut known = same.unwrap_or_else(|| Candidate::new(now, from));
                if same.is_some() {
                    known.packets = known.packets.saturating_add(1);
                }
                *candidate = Some(known);
                let (packets, time) = expected.probation;
                if known.packets < packets || now.saturating_since(known.since) < time {
                    return Verdict::Drop;
                }
                *self = Self::learnt(Some(now), from, false);
                Verdict::Accept
            }
        }
    }

    /// Returns the source that was accepted for long enough to be locked, and true if it is exact.
    fn ripe(&self, now: Instant) -> Option<(SocketAddr, bool)> {
        match *self {
            Self::Learnt {
                peer,
                since: Some(since),
                exact,
                ..
            } if now.saturating_since(since) >= LOCKS_AFTER => Some((peer, exact)),
            _ => None,
        }
    }

    fn learnt(since: Option<Instant>, peer: SocketAddr, exact: bool) -> Self {
        Self::Learnt {
            peer,
            since,
            exact,
            challenges: 0,
        }
    }

    /// Restarts learning after an offer or answer. A source that is still possible continues
    /// without a gap while no other source sends.
    pub(crate) fn learn_anew(&mut self, expected: &Expected) {
        let kept = self.peer().filter(|peer| expected.is_possible(*peer));
        *self = kept.map_or(Self::OPEN, |peer| Self::learnt(None, peer, false));
    }

    /// Returns the accepted source.
    pub(crate) fn peer(&self) -> Option<SocketAddr> {
        match *self {
            Self::Open(_) => None,
            Self::Learnt { peer, .. } | Self::Locked { peer, .. } => Some(peer),
        }
    }

    pub(crate) fn is_locked(&self) -> bool {
        matches!(self, Self::Locked { .. })
    }
}

impl Candidate {
    fn new(now: Instant, from: SocketAddr) -> Self {
        Self {
            from,
            packets: 1,
            since: now,
        }
    }
}

impl LegMedia {
    /// Returns the address that the SDP names for a component.
    pub(crate) fn remote(&self, component: Component) -> SocketAddr {
        match component {
            Component::Rtp => self.remote_rtp,
            Component::Rtcp => self.remote_rtcp,
        }
    }
}
