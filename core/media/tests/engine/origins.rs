//! Sources of accepted packets, and checks of their content.

use confab_media::{Command, Component, Event, LegMedia};
use confab_rtp::{HEADER_BYTES, Header};
use confab_terms::{Digit, IpAddr, Ipv4Addr, LegId, ReceivedTypes, SocketAddr};

use crate::desk::{Desk, address, media};

const STRANGER: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(203, 0, 113, 9)), 4_000);
const PRIVATE: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(192, 168, 1, 50)), 4_000);
const SIGNALLING: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(198, 51, 100, 7)), 6_000);

fn packet(payload_type: u8, sequence: u16, payload: &[u8]) -> Vec<u8> {
    let mut packet = vec![0; HEADER_BYTES];
    Header {
        payload_type,
        marker: false,
        sequence,
        timestamp: u32::from(sequence) * 160,
        ssrc: 5,
    }
    .write(&mut packet);
    packet.extend_from_slice(payload);
    packet
}

fn voice(sequence: u16) -> Vec<u8> {
    packet(0, sequence, &[0x80; 160])
}

const HOME: Component = Component::Rtp;

/// Returns the media of a phone behind a NAT: its SDP names a private address, its signaling comes
/// from `SIGNALLING`.
fn behind_nat() -> LegMedia {
    LegMedia {
        remote_rtp: PRIVATE,
        remote_rtcp: SocketAddr::new(PRIVATE.ip(), 4_001),
        trusts_sdp: false,
        ..media(1)
    }
}

fn agree(desk: &mut Desk, media: LegMedia) -> crate::desk::Out {
    let leg = LegId(1);
    desk.apply(Command::SetMedia { leg, media })
}

fn natted() -> Desk {
    let mut desk = Desk::new(1);
    agree(&mut desk, behind_nat());
    desk
}

/// Returns the accepted sources of packets, sent every 20 ms from each of these addresses in turn.
fn sends(desk: &mut Desk, ticks: u16, from: &[SocketAddr]) -> Vec<SocketAddr> {
    let mut accepted = Vec::new();
    for _ in 0..ticks {
        for from in from {
            let before = desk.engine.counters().rtp_in;
            let sequence = before as u16;
            desk.receive(1, HOME, *from, &voice(sequence));
            if desk.engine.counters().rtp_in > before {
                accepted.push(*from);
            }
        }
        desk.tick();
    }
    accepted
}

fn destination(desk: &mut Desk) -> SocketAddr {
    desk.tick().rtp(1).expect("is sent").to
}

#[test]
fn exact_source_is_accepted_at_once_and_locked_after_5_s() {
    let mut desk = Desk::new(1);
    let exact = address(1, 4_000);
    desk.receive(1, HOME, STRANGER, &voice(0));
    assert_eq!(desk.engine.counters().foreign_source, 1);
    assert_eq!(sends(&mut desk, 1, &[exact]), [exact]);
    // From then on no other source is accepted or receives packets.
    for _ in 0..248 {
        assert_eq!(
            sends(
                &mut desk,
                1,
                &[SIGNALLING, exact, address(1, 4_002), STRANGER]
            ),
            [exact]
        );
    }
    let mut locked = Vec::new();
    for sequence in 300..310 {
        locked.extend(desk.receive(1, HOME, exact, &voice(sequence)).locked);
        desk.tick();
    }
    assert_eq!(locked, [(LegId(1), HOME, exact)]);
    assert_eq!(sends(&mut desk, 50, &[SIGNALLING, STRANGER]), []);
    assert_eq!(destination(&mut desk), exact);
}

#[test]
fn signalling_address_is_accepted_after_a_probation() {
    let mut desk = natted();
    let accepted = sends(&mut desk, 20, &[SIGNALLING]);
    assert!((8..=10).contains(&accepted.len()), "{accepted:?}");
    assert_eq!(destination(&mut desk), SIGNALLING);
    // The private address of the SDP and other hosts are never accepted.
    let mut desk = natted();
    assert_eq!(sends(&mut desk, 100, &[PRIVATE, STRANGER]), []);
    assert_eq!(desk.engine.counters().rtp_in, 0);
    // The host of a trusted SDP is accepted from another port, too.
    let mut desk = Desk::new(1);
    let moved = address(1, 9_999);
    assert!(sends(&mut desk, 20, &[moved]).len() >= 8);
    assert_eq!(destination(&mut desk), moved);
}

#[test]
fn competing_sources_block_each_other_until_one_is_alone() {
    for burst in [1, 20] {
        let mut desk = natted();
        let attacker = SocketAddr::new(SIGNALLING.ip(), SIGNALLING.port() + 2);
        // Independent of the number of the attacker's packets between two of the phone.
        let mut order = vec![attacker; burst];
        order.push(SIGNALLING);
        assert_eq!(sends(&mut desk, 100, &order), [], "{burst}");
        assert_eq!(destination(&mut desk), PRIVATE);
        assert!(sends(&mut desk, 30, &[SIGNALLING]).len() > 15);
        assert_eq!(destination(&mut desk), SIGNALLING);
    }
}

#[test]
fn source_that_was_learnt_is_blocked_by_another_and_replaced_by_the_exact_one() {
    let attacker = SocketAddr::new(SIGNALLING.ip(), SIGNALLING.port() + 2);
    let mut desk = natted();
    sends(&mut desk, 20, &[attacker]);
    assert_eq!(destination(&mut desk), attacker);
    // The phone begins to send: neither source is accepted.
    let accepted = sends(&mut desk, 100, &[attacker, SIGNALLING]);
    assert!(accepted.len() <= 3, "{accepted:?}");
    assert_eq!(destination(&mut desk), PRIVATE);
    // A few packets of another source do not block the source.
    let mut desk = natted();
    sends(&mut desk, 20, &[SIGNALLING]);
    sends(&mut desk, 2, &[attacker]);
    assert_eq!(sends(&mut desk, 1, &[SIGNALLING]), [SIGNALLING]);

    let mut desk = Desk::new(1);
    sends(&mut desk, 20, &[SIGNALLING]);
    assert_eq!(destination(&mut desk), SIGNALLING);
    let exact = address(1, 4_000);
    assert_eq!(sends(&mut desk, 1, &[exact, SIGNALLING]), [exact]);
    assert_eq!(destination(&mut desk), exact);
}

#[test]
fn locked_source_stays_until_the_next_agreement() {
    let attacker = SocketAddr::new(SIGNALLING.ip(), SIGNALLING.port() + 2);
    let mut desk = natted();
    sends(&mut desk, 280, &[SIGNALLING]);
    let accepted = sends(&mut desk, 100, &[attacker, SIGNALLING]);
    assert!(accepted.iter().all(|from| *from == SIGNALLING));
    assert_eq!(accepted.len(), 100);
    // The phone stops sending: its place remains blocked.
    assert_eq!(sends(&mut desk, 100, &[attacker]), []);
    // Also if the phone stopped before the 5 s were over.
    let mut desk = natted();
    sends(&mut desk, 50, &[SIGNALLING]);
    sends(&mut desk, 230, &[]);
    assert_eq!(sends(&mut desk, 100, &[attacker]), []);
    assert_eq!(sends(&mut desk, 1, &[SIGNALLING]), [SIGNALLING]);
    // A source that has sent nothing since the last agreement is not locked.
    agree(&mut desk, behind_nat());
    sends(&mut desk, 300, &[]);
    assert!(sends(&mut desk, 25, &[attacker]).len() >= 10);
}

/// A former caller on the phone's host sends for longer than locking takes.
#[test]
fn exact_source_replaces_a_locked_one() {
    let former = SocketAddr::new(address(1, 0).ip(), 9_998);
    let (exact, exact_rtcp) = (address(1, 4_000), address(1, 4_001));
    for speaks_after in [3, 100, 280, 1_000] {
        let mut desk = Desk::new(1);
        sends(&mut desk, speaks_after, &[former]);
        let mut locked = Vec::new();
        for sequence in 5_000..5_003 {
            locked.extend(desk.receive(1, HOME, exact, &voice(sequence)).locked);
            assert_eq!(destination(&mut desk), exact, "{speaks_after}");
        }
        // From there on the kernel may drop the packets of other sources.
        let expected = [(LegId(1), HOME, exact)];
        assert_eq!(locked, &expected[..usize::from(speaks_after > 250)]);
        assert_eq!(sends(&mut desk, 50, &[former, exact]), [exact; 50]);
        assert_eq!(destination(&mut desk), exact);
    }
    // Equally for RTCP.
    let report = [0x80, 0xc9, 0, 1, 0, 0, 0, 5];
    let mut desk = Desk::new(1);
    for _ in 0..400 {
        sends(&mut desk, 1, &[former]);
        let next = SocketAddr::new(former.ip(), 9_999);
        let out = desk.receive(1, Component::Rtcp, next, &report);
        assert_eq!(out.locked, []);
    }
    let out = desk.receive(1, Component::Rtcp, exact_rtcp, &report);
    assert_eq!(out.locked, [(LegId(1), Component::Rtcp, exact_rtcp)]);
}

/// The socket of a source that nothing can replace is connected; other sockets are not.
#[test]
fn only_a_source_that_nothing_replaces_is_reported_as_locked() {
    for trusts_sdp in [false, true] {
        let mut desk = Desk::new(1);
        agree(
            &mut desk,
            LegMedia {
                trusts_sdp,
                ..media(1)
            },
        );
        let mut locked = Vec::new();
        for sequence in 0..300 {
            locked.extend(desk.receive(1, HOME, SIGNALLING, &voice(sequence)).locked);
            desk.tick();
        }
        let expected = [(LegId(1), HOME, SIGNALLING)];
        assert_eq!(locked, &expected[..usize::from(!trusts_sdp)]);
        // Other sources are dropped in any case.
        let neighbour = SocketAddr::new(SIGNALLING.ip(), SIGNALLING.port() + 2);
        assert_eq!(sends(&mut desk, 50, &[neighbour]), []);
        assert_eq!(sends(&mut desk, 1, &[SIGNALLING]), [SIGNALLING]);
    }
}

/// A NAT changes the mapping while the phone holds: the same SDP, another source.
#[test]
fn same_agreement_begins_the_learning_anew() {
    let mapped = SocketAddr::new(SIGNALLING.ip(), SIGNALLING.port() + 2);
    for locks in [false, true] {
        let mut desk = natted();
        sends(&mut desk, if locks { 280 } else { 50 }, &[SIGNALLING]);
        let out = agree(&mut desk, behind_nat());
        assert_eq!(out.unlocked, if locks { vec![LegId(1)] } else { vec![] });
        // An unchanged source is heard without a gap.
        assert_eq!(sends(&mut desk, 3, &[SIGNALLING]).len(), 3);
        let accepted = sends(&mut desk, 25, &[mapped]);
        assert!(accepted.len() >= 10, "{accepted:?}");
        assert_eq!(destination(&mut desk), mapped);
    }
}

#[test]
fn agreement_with_another_address_moves_the_source() {
    let mut desk = Desk::new(1);
    let (old, new) = (address(1, 4_000), address(1, 5_000));
    sends(&mut desk, 280, &[old]);
    let elsewhere = LegMedia {
        remote_rtp: new,
        remote_rtcp: address(1, 5_001),
        ..media(1)
    };
    assert_eq!(agree(&mut desk, elsewhere).unlocked, [LegId(1)]);
    // The last packets of the old port do not block the new port.
    let accepted = sends(&mut desk, 3, &[old]);
    assert_eq!(accepted, [old; 3]);
    assert_eq!(sends(&mut desk, 3, &[old, new]).last(), Some(&new));
    assert_eq!(destination(&mut desk), new);
    // A phone on another network is accepted from there.
    let moved = LegMedia {
        signalling_address: address(9, 5_060).ip(),
        trusts_sdp: false,
        ..elsewhere
    };
    agree(&mut desk, moved);
    assert_eq!(sends(&mut desk, 20, &[new]), []);
    assert!(sends(&mut desk, 20, &[address(9, 7_000)]).len() >= 8);
}

/// An attacker sends from other hosts, from neighboring ports of the phone's public address, and
/// from the private address of the SDP.
#[test]
fn attacker_that_sprays_is_never_heard_and_never_answered() {
    let mut desk = Desk::conference(2);
    agree(&mut desk, behind_nat());
    let next = |n: u16| SocketAddr::new(SIGNALLING.ip(), SIGNALLING.port() + n);
    for round in 0..600_u16 {
        let ports = (1..8).map(next);
        for from in ports.chain([STRANGER, PRIVATE]) {
            for _ in 0..3 {
                let loud = packet(0, round, &[0x80; 160]);
                desk.receive(1, HOME, from, &loud);
                desk.receive(1, Component::Rtcp, from, &[0x80, 0xc9, 0, 1, 0, 0, 0, 5]);
            }
        }
        if round % 2 == 0 {
            desk.receive(1, HOME, SIGNALLING, &packet(0, round, &[0xff; 160]));
        }
        if round % 100 == 50 {
            agree(&mut desk, behind_nat());
        }
        let out = desk.say(&[(2, 500)]);
        assert_eq!(out.level(2), 0, "round {round}");
        for sent in out.packets.get(&LegId(1)).into_iter().flatten() {
            assert_eq!(sent.to.ip(), PRIVATE.ip(), "round {round}");
        }
    }
    assert_eq!(desk.engine.counters().rtp_in, 600);
}

#[test]
fn rtcp_is_accepted_from_the_host_of_the_rtp_source() {
    let report = [0x80, 0xc9, 0, 1, 0, 0, 0, 5];
    let rtcp = SocketAddr::new(SIGNALLING.ip(), 7_001);
    let mut desk = natted();
    for _ in 0..5 {
        desk.receive(1, Component::Rtcp, rtcp, &report);
    }
    assert_eq!(desk.engine.counters().rtcp_in, 0);
    sends(&mut desk, 20, &[SIGNALLING]);
    for _ in 0..3 {
        desk.receive(1, Component::Rtcp, rtcp, &report);
        desk.receive(1, Component::Rtcp, STRANGER, &report);
    }
    assert_eq!(desk.engine.counters().rtcp_in, 2);
}

#[test]
fn packets_count_by_the_numbers_that_are_received() {
    let mut desk = Desk::new(1);
    let both = |numbers: [u8; 2]| numbers.into_iter().collect();
    agree(
        &mut desk,
        LegMedia {
            payload_type: 96,
            digits_payload_type: Some(97),
            received: ReceivedTypes {
                voice: both([96, 0]),
                digits: both([97, 101]),
                noise: [98].into_iter().collect(),
            },
            ..media(1)
        },
    );
    let home = address(1, 4_000);
    let mut events = Vec::new();
    for (sequence, number) in [0_u8, 96, 98, 13, 8, 97, 101].into_iter().enumerate() {
        let digit = [number.wrapping_sub(90), 10, 0, 160];
        let payload = if matches!(number, 97 | 101) {
            &digit[..]
        } else {
            &[0x80; 160]
        };
        let packet = packet(number, sequence as u16, payload);
        events.extend(desk.receive(1, HOME, home, &packet).events);
    }
    let counters = desk.engine.counters();
    assert_eq!((counters.rtp_in, counters.foreign_payload_type), (6, 1));
    let digit = |digit| Event::Digit {
        leg: LegId(1),
        digit: Digit(digit),
    };
    assert_eq!(events, [digit('7'), digit('#')]);
    assert_eq!(
        desk.tick().rtp(1).expect("is sent").header().payload_type,
        96
    );
}

#[test]
fn junk_and_other_payload_types_lock_nothing() {
    let mut desk = Desk::new(1);
    let home = address(1, 4_000);
    for junk in [&b"junk"[..], &[0; 200], &packet(34, 0, &[1; 160]), &[]] {
        let out = desk.receive(1, Component::Rtp, home, junk);
        assert!(out.locked.is_empty());
        desk.receive(1, Component::Rtcp, address(1, 4_001), junk);
    }
    let counters = desk.engine.counters();
    assert_eq!(counters.foreign_payload_type, 1);
    assert_eq!((counters.rtp_in, counters.rtcp_in), (0, 0));
    // Unknown leg: not counted for any leg.
    desk.receive(99, Component::Rtp, home, &voice(0));
    assert_eq!(desk.engine.counters().no_such_leg, 1);
}

#[test]
fn a_digit_is_told_once() {
    let mut desk = Desk::new(1);
    let mut digits = Vec::new();
    for repeat in 0..6_u8 {
        let end = if repeat > 2 { 0x80 } else { 0 };
        let payload = [11, end | 10, 0, 160 * u8::from(repeat > 0)];
        let mut packet = packet(101, u16::from(repeat), &payload);
        packet[4..8].copy_from_slice(&8_000_u32.to_be_bytes());
        digits.extend(
            desk.receive(1, Component::Rtp, address(1, 4_000), &packet)
                .events,
        );
    }
    let told = Event::Digit {
        leg: LegId(1),
        digit: Digit('#'),
    };
    assert_eq!(digits, [told]);
    // The digit is not in the voice.
    assert_eq!(desk.tick().level(1), 0);
}

/// "RTP bleed": a stranger sends to a leg's port before its phone does, during the whole call, and
/// after an unchanged agreement. The stranger is neither heard nor sent packets.
#[test]
fn a_stranger_is_never_mixed_and_never_answered() {
    let mut desk = Desk::conference(2);
    let neighbour = SocketAddr::new(STRANGER.ip(), 4_002);
    let mut sequence = 0;
    for round in 0..150 {
        for from in [STRANGER, neighbour] {
            desk.receive(1, Component::Rtp, from, &voice(sequence));
            desk.receive(1, Component::Rtcp, from, &[0x80, 0xc9, 0, 1, 0, 0, 0, 5]);
            sequence += 1;
        }
        if round >= 50 {
            desk.send(1, 0);
        }
        if round == 100 {
            let again = media(1);
            desk.apply(Command::SetMedia {
                leg: LegId(1),
                media: again,
            });
        }
        let out = desk.say(&[(2, 500)]);
        assert_eq!(out.level(2), 0, "round {round}");
        for sent in out.packets.values().flatten() {
            assert_ne!(sent.to.ip(), STRANGER.ip(), "round {round}");
        }
    }
    assert_eq!(desk.engine.counters().foreign_source, 600);
}

#[test]
fn what_is_missing_from_the_sequence_and_comes_after_all_is_counted() {
    let mut desk = Desk::new(1);
    for sequence in [0, 1, 4, 3, 5] {
        desk.receive(1, Component::Rtp, address(1, 4_000), &voice(sequence));
    }
    let counters = desk.engine.counters();
    assert_eq!((counters.missing, counters.overtaken), (2, 1));
}
