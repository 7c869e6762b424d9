//! Properties of a call's peer that determine the accepted RTP sources.

use confab_sip::Trunk;
use confab_terms::{CallSid, Cidr, IpAddr};

use crate::Switchboard;

/// Peer of a call's media.
#[derive(Clone, Debug)]
pub(crate) struct MediaPeer {
    /// Host of the peer's last offer or answer.
    pub(super) signalling: IpAddr,
    /// True if the host was verified as a receiver of packets sent to its address.
    receives: bool,
    /// Networks of the trunk.
    networks: Vec<Cidr>,
}

impl MediaPeer {
    /// Returns whether the SDP's address can belong to the peer: an address in a network of the
    /// trunk, or an address reachable from the signaling host.
    pub(super) fn can_be_at(&self, sdp: IpAddr) -> bool {
        self.in_trunk(sdp) || is_reachable(self.signalling, sdp)
    }

    /// Returns whether RTP to the SDP's address needs no consent: an address in a network of the
    /// trunk, or the verified signaling host.
    pub(super) fn is_verified(&self, sdp: IpAddr) -> bool {
        let is_host = self.signalling.to_canonical() == sdp.to_canonical();
        self.in_trunk(sdp) || (self.receives && is_host)
    }

    fn in_trunk(&self, sdp: IpAddr) -> bool {
        self.networks.iter().any(|network| network.contains(sdp))
    }
}

/// Returns the peer of a call whose last offer or answer came from this host.
pub(crate) fn media_peer(switchboard: &Switchboard, sid: CallSid, signalling: IpAddr) -> MediaPeer {
    let networks = |trunk: &Trunk| trunk.networks.clone();
    let trunk = switchboard
        .calls
        .get(sid)
        .and_then(|call| match &call.outgoing {
            Some(outgoing) => outgoing
                .route
                .as_ref()
                .and_then(|route| switchboard.sip.trunk_on(route)),
            None => switchboard.sip.trunk_of(call.dialog),
        });
    let dialog = switchboard.calls.get(sid).map(|call| call.dialog);
    MediaPeer {
        signalling,
        receives: dialog.is_some_and(|dialog| switchboard.sip.is_verified(dialog)),
        networks: trunk.map(networks).unwrap_or_default(),
    }
}

/// Reach of an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scope {
    ThisHost,
    Private,
    Public,
}

impl Scope {
    fn of(address: IpAddr) -> Self {
        match address.to_canonical() {
            address if address.is_loopback() => Self::ThisHost,
            IpAddr::V4(v4) => {
                let [a, b, ..] = v4.octets();
                // RFC 6598: shared address space of carrier-grade NAT.
                let shared = a == 100 && b & 0xc0 == 64;
                let private = v4.is_private() || v4.is_link_local() || v4.is_unspecified();
                if shared || private {
                    Self::Private
                } else {
                    Self::Public
                }
            }
            IpAddr::V6(v6) => {
                let local = v6.is_unique_local() || v6.is_unicast_link_local();
                if local || v6.is_unspecified() {
                    Self::Private
                } else {
                    Self::Public
                }
            }
        }
    }
}

/// Returns whether an SDP address is reachable from the signaling address. A private address behind
/// a public signaling address indicates NAT and is not reachable. A loopback signaling address
/// counts as public, because a local proxy may forward the signaling.
fn is_reachable(signalling: IpAddr, sdp: IpAddr) -> bool {
    if signalling.to_canonical() == sdp.to_canonical() {
        return true;
    }
    match Scope::of(sdp) {
        Scope::Public => true,
        Scope::Private => Scope::of(signalling) == Scope::Private,
        Scope::ThisHost => Scope::of(signalling) == Scope::ThisHost,
    }
}

#[cfg(test)]
mod tests {
    use super::MediaPeer;

    #[test]
    fn a_private_address_counts_only_beside_private_signalling_or_in_the_trunks_networks() {
        for (signalling, networks, sdp, expected) in [
            ("203.0.113.7", "", "198.51.100.1", true),
            ("203.0.113.7", "", "192.168.1.50", false),
            ("203.0.113.7", "", "10.0.0.5", false),
            ("203.0.113.7", "", "172.16.0.5", false),
            ("203.0.113.7", "", "100.64.0.5", false),
            ("203.0.113.7", "", "169.254.0.5", false),
            ("203.0.113.7", "", "127.0.0.1", false),
            ("203.0.113.7", "", "0.0.0.0", false),
            ("203.0.113.7", "10.0.0.0/8", "10.0.0.5", true),
            ("203.0.113.7", "10.0.0.0/8", "192.168.1.50", false),
            ("192.168.1.9", "", "192.168.1.50", true),
            ("192.168.1.9", "", "203.0.113.7", true),
            ("192.168.1.9", "", "127.0.0.1", false),
            ("127.0.0.1", "", "127.0.0.1", true),
            ("127.0.0.1", "", "127.5.0.1", true),
            ("127.0.0.1", "", "192.168.1.50", false),
            ("127.0.0.1", "192.168.0.0/16", "192.168.1.50", true),
            ("::ffff:10.0.0.9", "", "10.0.0.5", true),
            ("2001:db8::1", "", "fd00::5", false),
            ("fd00::1", "", "fd00::5", true),
            ("2001:db8::1", "", "fe80::5", false),
            ("::1", "", "::1", true),
        ] {
            let peer = MediaPeer {
                signalling: signalling.parse().unwrap(),
                receives: true,
                networks: confab_terms::Cidr::list(networks).unwrap(),
            };
            let counts = peer.can_be_at(sdp.parse().unwrap());
            assert_eq!(counts, expected, "{sdp} by {signalling} of {networks:?}");
        }
    }
}
