//! Legs with their sockets: found after any order of additions, searches and removals.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use std::time::Duration;

use confab_sockets::{Batch, PortRange, Ports, now, sleep_until};
use confab_terms::LegId;

use super::Legs;

#[test]
fn each_leg_finds_its_own_sockets() {
    let range = PortRange::new(17_000, 17_999).unwrap();
    let mut ports = Ports::new(IpAddr::V4(Ipv4Addr::LOCALHOST), range, [7; 32]);
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
    let order: Vec<_> = legs.iter_mut().map(|leg| leg.id.0).collect();
    assert_eq!(order, [1, 3, 5, 7, 9]);
    legs.take(LegId(5));
    legs.take(LegId(5));
    assert_eq!(port(&mut legs, LegId(5)), None);
    assert_eq!(port(&mut legs, LegId(6)), None);
    for &(id, wanted) in known.iter().filter(|(id, _)| *id != LegId(5)) {
        assert_eq!(port(&mut legs, id), Some(wanted));
    }
}

#[test]
fn what_a_stranger_sent_before_the_connection_is_not_taken_for_the_peers() {
    let range = PortRange::new(18_000, 18_999).unwrap();
    let home = IpAddr::V4(Ipv4Addr::LOCALHOST);
    let mut ports = Ports::new(home, range, [7; 32]);
    let [pair, peer, stranger] = [(); 3].map(|()| ports.bind().unwrap());
    let to = SocketAddr::new(home, pair.port);
    let [peer, stranger] = [peer.rtp, stranger.rtp];
    let mut legs = Legs::default();
    legs.open(LegId(1), pair);
    let leg = legs.find(LegId(1)).unwrap();
    assert!(stranger.send_to(b"stranger", to));
    leg.rtp.connect(peer.local().unwrap());
    assert!(peer.send_to(b"peer", to));
    assert!(stranger.send_to(b"too late", to));
    let mut packet = [0; 100];
    // Loopback delivers immediately.
    let heard: Vec<_> = core::iter::from_fn(|| leg.rtp.receive(&mut packet)).collect();
    let [first, second] = [&stranger, &peer].map(|udp| udp.local().unwrap());
    assert_eq!(heard, [(8, first), (4, second)]);
    assert!(peer.send_to(b"again", to));
    assert_eq!(leg.rtp.receive(&mut packet), Some((5, second)));
}

#[test]
fn rtcp_has_the_time_of_its_arrival_and_not_of_its_reading() {
    let range = PortRange::new(19_000, 19_999).unwrap();
    let home = IpAddr::V4(Ipv4Addr::LOCALHOST);
    let mut ports = Ports::new(home, range, [7; 32]);
    let [pair, peer] = [(); 2].map(|()| ports.bind().unwrap());
    let to = pair.rtcp.local().unwrap();
    let mut legs = Legs::default();
    legs.open(LegId(1), pair);
    let leg = legs.find(LegId(1)).unwrap();
    let mut reports = Batch::with_arrivals(4, 100);
    for connected in [false, true] {
        if connected {
            leg.rtcp.connect(peer.rtcp.local().unwrap());
        }
        let sent = now();
        assert!(peer.rtcp.send_to(b"report", to));
        let gone = now();
        sleep_until(now() + Duration::from_millis(200));
        assert_eq!(reports.receive(&leg.rtcp.udp), 1);
        let arrived = reports.datagrams().next().unwrap().arrived;
        // The kernel reads its two clocks in sequence.
        let slack = Duration::from_millis(50);
        assert!(arrived + slack >= sent && arrived <= gone + slack);
    }
}

#[test]
fn packets_that_overflow_a_connected_socket_are_counted_once() {
    let range = PortRange::new(19_000, 19_999).unwrap();
    let home = IpAddr::V4(Ipv4Addr::LOCALHOST);
    let mut ports = Ports::new(home, range, [7; 32]);
    let [pair, peer] = [(); 2].map(|()| ports.bind().unwrap());
    let to = SocketAddr::new(home, pair.port);
    let mut legs = Legs::default();
    legs.open(LegId(1), pair);
    let leg = legs.find(LegId(1)).unwrap();
    leg.rtp.connect(peer.rtp.local().unwrap());
    leg.rtp.udp.set_receive_buffer(4_096);
    assert_eq!(leg.new_drops(), 0);
    let sent = 1_000;
    for _ in 0..sent {
        assert!(peer.rtp.send_to(&[0; 172], to));
    }
    let mut packet = [0; 200];
    let heard = core::iter::from_fn(|| leg.rtp.receive(&mut packet)).count();
    assert!((1..sent).contains(&heard), "{heard}");
    assert_eq!(leg.new_drops(), (sent - heard) as u64);
    assert_eq!(leg.new_drops(), 0);
}
