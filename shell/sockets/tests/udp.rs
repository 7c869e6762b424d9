//! Real sockets on the loopback: delivered and dropped datagrams, errors, and ports after use.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::time::Duration;

use confab_sockets::{Batch, Poll, PortRange, Ports, Udp, Wake, now, sleep_until};

const HOME: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

fn anywhere() -> Udp {
    Udp::bind(SocketAddr::new(HOME, 0)).expect("loopback has a free port")
}

fn wait_for(socket: &Udp) {
    let mut poll = Poll::new();
    poll.watch(socket);
    assert_eq!(poll.wait_for(Duration::from_secs(2)), 1, "nothing came");
}

#[test]
fn a_batch_keeps_order_sources_and_lengths() {
    let (a, b) = (anywhere(), anywhere());
    let to = b.local().unwrap();
    for n in 1..=10u8 {
        assert!(a.send_to(&vec![n; usize::from(n)], to));
    }
    wait_for(&b);
    let mut batch = Batch::new(8, 1_500);
    assert_eq!(batch.receive(&b), 8);
    assert!(batch.is_full());
    let lengths: Vec<_> = batch.datagrams().map(|d| d.bytes.len()).collect();
    assert_eq!(lengths, [1, 2, 3, 4, 5, 6, 7, 8]);
    assert_eq!(batch.receive(&b), 2);
    assert!(!batch.is_full());
    let home = a.local().unwrap();
    for (datagram, n) in batch.datagrams().zip(9u8..) {
        assert_eq!(datagram.from, home);
        assert!(datagram.bytes.iter().all(|&byte| byte == n));
    }
    assert_eq!(batch.receive(&b), 0);
    assert_eq!(batch.datagrams().count(), 0);
}

#[test]
fn a_datagram_that_does_not_fit_is_left_out() {
    let (a, b) = (anywhere(), anywhere());
    let to = b.local().unwrap();
    a.send_to(&[1; 200], to);
    a.send_to(&[2; 100], to);
    wait_for(&b);
    let mut batch = Batch::new(4, 100);
    assert_eq!(batch.receive(&b), 2);
    let kept: Vec<_> = batch.datagrams().map(|d| d.bytes[0]).collect();
    assert_eq!(kept, [2]);
}

#[test]
fn arrivals_are_noted_by_the_kernel() {
    let (a, b) = (anywhere(), anywhere());
    b.note_arrivals();
    let mut batch = Batch::with_arrivals(4, 100);
    // The kernel enables timestamps with a delay.
    let noted = (0..200).any(|_| {
        let before = now();
        a.send_to(b"x", b.local().unwrap());
        wait_for(&b);
        let after = now();
        sleep_until(after + Duration::from_millis(10));
        assert_eq!(batch.receive(&b), 1);
        let arrived = batch.datagrams().next().unwrap().arrived;
        let slack = Duration::from_millis(1);
        before <= arrived + slack && arrived <= after + slack
    });
    assert!(noted, "only the time of reading is told");
}

#[test]
fn connected_hears_only_its_peer_and_disconnected_everyone() {
    let (b, c) = (anywhere(), anywhere());
    // Bound by number: the kernel releases a port that it chose itself.
    let to = anywhere().local().unwrap();
    let a = Udp::bind(to).unwrap();
    a.connect(b.local().unwrap()).unwrap();
    c.send_to(b"stranger", to);
    b.send_to(b"peer", to);
    wait_for(&a);
    let mut batch = Batch::new(8, 100);
    assert_eq!(batch.receive(&a), 1);
    assert_eq!(batch.datagrams().next().unwrap().bytes, b"peer");
    assert!(a.send(b"back"));
    wait_for(&b);
    a.disconnect().unwrap();
    assert_eq!(a.local().unwrap().port(), to.port());
    c.send_to(b"stranger", to);
    wait_for(&a);
    assert_eq!(batch.receive(&a), 1);
}

#[test]
fn one_datagram_at_a_time_keeps_its_source_and_what_does_not_fit_is_dropped() {
    let (a, b) = (anywhere(), anywhere());
    let to = b.local().unwrap();
    for length in [3, 100, 5] {
        assert!(a.send_to(&vec![7; length], to));
    }
    wait_for(&b);
    let mut buffer = [0; 51];
    let home = a.local().unwrap();
    assert_eq!(b.receive_from(&mut buffer), Some((3, home)));
    assert_eq!(b.receive_from(&mut buffer), Some((5, home)));
    assert_eq!(b.receive_from(&mut buffer), None);
    b.connect(home).unwrap();
    assert!(a.send_to(&[1; 4], to));
    wait_for(&b);
    assert_eq!(b.receive(&mut buffer), Some(4));
    assert_eq!(b.receive(&mut buffer), None);
}

#[test]
fn a_refused_packet_costs_neither_the_next_one_sent_nor_the_next_one_read() {
    let a = anywhere();
    let gone = anywhere();
    let there = gone.local().unwrap();
    a.connect(there).unwrap();
    drop(gone);
    assert!(a.send(b"into the void"));
    // The loopback reports ICMP port unreachable before `send` returns.
    let back = Udp::bind(there).unwrap();
    assert!(a.send(b"again"));
    wait_for(&back);
    let mut batch = Batch::new(8, 100);
    assert_eq!(batch.receive(&back), 1);
    drop(back);
    assert!(a.send(b"into the void"));
    let back = Udp::bind(there).unwrap();
    back.send_to(b"hello", a.local().unwrap());
    wait_for(&a);
    assert_eq!(batch.receive(&a), 1);
    assert_eq!(batch.refusals(), 1);
}

#[test]
fn pairs_are_even_odd_and_both_or_none() {
    let probe = anywhere().local().unwrap().port() & !1;
    let range = PortRange::new(probe, probe + 7).unwrap();
    assert_eq!(range.pairs(), 4);
    let mut ports = Ports::new(HOME, range, [7; 32]);
    let taken = UdpSocket::bind((HOME, probe + 3)).unwrap();
    let mut bound = Vec::new();
    while let Ok(pair) = ports.bind() {
        assert_eq!(pair.port % 2, 0);
        assert_eq!(pair.rtcp.local().unwrap().port(), pair.port + 1);
        bound.push(pair);
    }
    let mut numbers: Vec<_> = bound.iter().map(|pair| pair.port - probe).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, [0, 4, 6], "2 is left out: 3 is taken");
    assert!(UdpSocket::bind((HOME, probe + 2)).is_ok(), "2 was let go");
    drop((bound, taken));
    for port in probe..probe + 8 {
        assert!(UdpSocket::bind((HOME, port)).is_ok(), "{port} is free");
    }
}

/// Returns an address on which no other process binds.
fn own_address() -> IpAddr {
    let [high, low] = (std::process::id() as u16).to_be_bytes();
    IpAddr::from([127, 77, high, low])
}

/// Binds this number of pairs, releases them, and returns their ports.
fn bound(ports: &mut Ports, pairs: usize) -> Vec<u16> {
    let pairs: Vec<_> = (0..pairs)
        .map(|_| ports.bind().expect("a free pair"))
        .collect();
    pairs.iter().map(|pair| pair.port).collect()
}

#[test]
fn pairs_are_chosen_at_random_and_rest_after_use_on_all_threads() {
    let range = PortRange::new(17_200, 17_399).unwrap();
    let mut first = Ports::new(own_address(), range, [1; 32]);
    let mut other = first.shared([2; 32]);
    let used = bound(&mut first, 30);
    assert_ne!(
        used,
        bound(&mut Ports::new(own_address(), range, [3; 32]), 30)
    );
    assert!(!used.is_sorted());
    // A quarter of the range, 25 pairs, stays free: none of these was used.
    let mut later: Vec<_> = (0..45).flat_map(|_| bound(&mut other, 1)).collect();
    assert!(later.iter().all(|port| !used.contains(port)));
    later.extend(&used);
    later.sort_unstable();
    later.dedup();
    assert_eq!(later.len(), 75, "no port twice");
    // Below a quarter, the pair that has rested longest is used again.
    let again = bound(&mut first, 27);
    assert!(
        again[26..].iter().all(|port| used.contains(port)),
        "{again:?}"
    );
    assert!(!again[..25].iter().any(|port| later.contains(port)));
}

#[test]
fn single_pair_is_bound_again_at_once() {
    let range = PortRange::new(17_400, 17_401).unwrap();
    let mut ports = Ports::new(own_address(), range, [1; 32]);
    for _ in 0..5 {
        let pair = ports.bind().unwrap();
        assert_eq!(pair.port, 17_400);
        assert!(ports.shared([2; 32]).bind().is_err(), "in use");
    }
}

#[test]
fn drained_pair_had_a_packet_on_either_port() {
    let range = PortRange::new(17_500, 17_599).unwrap();
    let mut ports = Ports::new(own_address(), range, [1; 32]);
    let pair = ports.bind().unwrap();
    let mut buffer = [0; 100];
    assert!(!pair.drain(&mut buffer));
    let sender = anywhere();
    for port in [pair.port, pair.port + 1] {
        for _ in 0..3 {
            assert!(sender.send_to(b"old", (own_address(), port).into()));
        }
        assert!(pair.drain(&mut buffer));
        assert!(!pair.drain(&mut buffer));
    }
}

#[test]
fn a_range_without_a_pair_is_none() {
    assert_eq!(PortRange::new(20_001, 20_002), None);
    assert_eq!(PortRange::new(20_000, 20_000), None);
    assert_eq!(PortRange::new(30_000, 20_000), None);
    assert_eq!(PortRange::new(65_535, 65_535), None);
    assert_eq!(PortRange::new(65_534, 65_535).unwrap().pairs(), 1);
    assert_eq!(PortRange::new(20_000, 39_999).unwrap().pairs(), 10_000);
}

#[test]
fn a_wake_is_seen_once() {
    let wake = Wake::new().unwrap();
    let mut poll = Poll::new();
    let place = poll.watch(&wake);
    assert_eq!(poll.wait_for(Duration::ZERO), 0);
    wake.ring();
    wake.ring();
    assert_eq!(poll.wait_for(Duration::from_secs(2)), 1);
    assert!(poll.is_ready(place));
    wake.clear();
    assert_eq!(poll.wait_for(Duration::ZERO), 0);
    assert!(!poll.is_ready(place));
}

#[test]
fn sleeping_until_a_moment_does_not_end_before_it() {
    let at = now() + Duration::from_millis(5);
    sleep_until(at);
    assert!(now() >= at);
    sleep_until(at);
}

#[test]
fn ipv4_within_ipv6_is_ipv4() {
    let dual = Udp::bind("[::]:0".parse().unwrap()).unwrap();
    let v4 = Udp::bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let port = dual.local().unwrap().port();
    let v4_address = v4.local().unwrap();
    assert!(v4.send_to(b"there", ([127, 0, 0, 1], port).into()));
    let mut batch = Batch::new(2, 100);
    let mut poll = Poll::new();
    poll.watch(&dual);
    poll.wait_for(Duration::from_secs(5));
    assert_eq!(batch.receive(&dual), 1);
    let from = batch.datagrams().next().unwrap().from;
    assert_eq!(from, v4_address, "as the one who sent it knows himself");
    assert!(dual.send_to(b"and back", from));
    poll.clear();
    poll.watch(&v4);
    poll.wait_for(Duration::from_secs(5));
    assert_eq!(batch.receive(&v4), 1);
    assert_eq!(batch.datagrams().next().unwrap().bytes, b"and back");
    dual.connect(v4_address).unwrap();
    assert!(dual.send(b"connected"));
}
