//! Whatever the order of coming, asking and going, a leg's own sockets are found.

use std::net::{IpAddr, Ipv4Addr};

use confab_sockets::{PortRange, Ports};
use confab_terms::LegId;

use super::Legs;

#[test]
fn each_leg_finds_its_own_sockets() {
    let range = PortRange::new(17_000, 17_999).unwrap();
    let mut ports = Ports::new(IpAddr::V4(Ipv4Addr::LOCALHOST), range, 0, 1);
    let mut legs = Legs::default();
    let mut known = Vec::new();
    for id in [5, 1, 9, 3, 7].map(LegId) {
        let pair = ports.bind().unwrap();
        known.push((id, pair.port));
        legs.open(id, pair);
    }
    let port = |legs: &mut Legs, id| {
        let leg = legs.find(id)?;
        Some(leg.rtp.udp.local().unwrap().port())
    };
    for &(id, wanted) in known.iter().chain(known.iter().rev()) {
        assert_eq!(port(&mut legs, id), Some(wanted));
    }
    let order: Vec<_> = legs.iter().map(|leg| leg.id.0).collect();
    assert_eq!(order, [1, 3, 5, 7, 9]);
    legs.close(LegId(5));
    legs.close(LegId(5));
    assert_eq!(port(&mut legs, LegId(5)), None);
    assert_eq!(port(&mut legs, LegId(6)), None);
    for &(id, wanted) in known.iter().filter(|(id, _)| *id != LegId(5)) {
        assert_eq!(port(&mut legs, id), Some(wanted));
    }
}
