//! From where a leg's packets may come, and where to answer. The SDP names an address, a NAT may
//! make another of it, and everybody else on the network is not to be heard.

use confab_terms::{IpAddr, SocketAddr};
use serde::{Deserialize, Serialize};

/// So many packets from the right host, but another port than its SDP says, make it the peer:
/// after a re-INVITE the old port's last packets are still on their way, and must not.
const PROBATION: u8 = 25;

/// What is known of the peer of one component.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Origin {
    /// Nothing came yet.
    #[default]
    Open,
    /// From the SDP's host but another port, or from where the signalling comes: heard and
    /// answered, until something better comes.
    Likely { peer: SocketAddr, packets: u8 },
    /// Nobody else until the next agreement.
    Locked(SocketAddr),
}

impl Origin {
    /// Whether a packet from there may be looked at.
    pub(crate) fn admits(self, from: SocketAddr, sdp: SocketAddr, signalling: IpAddr) -> bool {
        match self {
            Self::Locked(peer) => from == peer,
            Self::Open => from.ip() == sdp.ip() || from.ip() == signalling,
            Self::Likely { peer, .. } => {
                from == peer || from == sdp || (from.ip() == sdp.ip() && peer.ip() != sdp.ip())
            }
        }
    }

    /// A good packet came from an admitted source. Gives the peer when this locks it.
    pub(crate) fn took(&mut self, from: SocketAddr, sdp: SocketAddr) -> Option<SocketAddr> {
        let packets = match *self {
            Self::Locked(_) => return None,
            Self::Likely { peer, packets } if peer == from => packets.saturating_add(1),
            Self::Likely { .. } | Self::Open => 1,
        };
        if from == sdp || (from.ip() == sdp.ip() && packets >= PROBATION) {
            *self = Self::Locked(from);
            return Some(from);
        }
        *self = Self::Likely {
            peer: from,
            packets,
        };
        None
    }

    /// Where to send.
    pub(crate) fn destination(self, sdp: SocketAddr) -> SocketAddr {
        match self {
            Self::Open => sdp,
            Self::Likely { peer, .. } | Self::Locked(peer) => peer,
        }
    }

    pub(crate) fn is_locked(self) -> bool {
        matches!(self, Self::Locked(_))
    }
}
