//! Whose packets count, and what they are.

use confab_media::{Command, Component, Event, LegMedia};
use confab_rtp::{HEADER_BYTES, Header};
use confab_terms::{Digit, IpAddr, Ipv4Addr, LegId, SocketAddr};

use crate::desk::{Desk, address, media};

const STRANGER: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(203, 0, 113, 9)), 4_000);
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

#[test]
fn is_locked_by_the_first_packet_from_where_the_sdp_says() {
    let mut desk = Desk::new(1);
    let out = desk.receive(1, Component::Rtp, STRANGER, &voice(0));
    assert!(out.locked.is_empty());
    assert_eq!(desk.engine.counters().foreign_source, 1);
    let out = desk.receive(1, Component::Rtp, address(1, 4_000), &voice(1));
    assert_eq!(out.locked, [(LegId(1), Component::Rtp, address(1, 4_000))]);
    for from in [STRANGER, SIGNALLING, address(1, 4_002)] {
        desk.receive(1, Component::Rtp, from, &voice(2));
    }
    assert_eq!(desk.engine.counters().foreign_source, 4);
    assert_eq!(desk.tick().rtp(1).expect("is sent").to, address(1, 4_000));
}

#[test]
fn the_signalling_address_counts_until_the_sdps_speaks() {
    let mut desk = Desk::new(1);
    let out = desk.receive(1, Component::Rtp, SIGNALLING, &voice(0));
    assert!(out.locked.is_empty());
    assert_eq!(desk.engine.counters().rtp_in, 1);
    // A phone behind a NAT is answered where it can be reached.
    assert_eq!(desk.tick().rtp(1).expect("is sent").to, SIGNALLING);
    desk.receive(1, Component::Rtp, address(1, 4_000), &voice(1));
    desk.receive(1, Component::Rtp, SIGNALLING, &voice(2));
    assert_eq!(desk.engine.counters().foreign_source, 1);
    assert_eq!(desk.tick().rtp(1).expect("is sent").to, address(1, 4_000));
}

#[test]
fn another_port_of_the_right_host_is_believed_after_a_while() {
    let mut desk = Desk::new(1);
    let moved = address(1, 9_999);
    for sequence in 0..24 {
        let out = desk.receive(1, Component::Rtp, moved, &voice(sequence));
        assert!(out.locked.is_empty());
    }
    let out = desk.receive(1, Component::Rtp, moved, &voice(24));
    assert_eq!(out.locked, [(LegId(1), Component::Rtp, moved)]);
}

#[test]
fn a_new_agreement_frees_it_and_the_old_ports_last_packets_do_not_lock_it() {
    let mut desk = Desk::new(1);
    desk.receive(1, Component::Rtp, address(1, 4_000), &voice(0));
    let same = desk.apply(Command::SetMedia {
        leg: LegId(1),
        media: media(1),
    });
    assert!(same.unlocked.is_empty());
    let from_elsewhere = LegMedia {
        signalling_address: address(9, 5_060).ip(),
        ..media(1)
    };
    let asked = desk.apply(Command::SetMedia {
        leg: LegId(1),
        media: from_elsewhere,
    });
    assert_eq!(asked.unlocked, [LegId(1)]);
    desk.receive(1, Component::Rtp, address(1, 4_000), &voice(0));
    let elsewhere = LegMedia {
        remote_rtp: address(1, 5_000),
        remote_rtcp: address(1, 5_001),
        ..media(1)
    };
    let out = desk.apply(Command::SetMedia {
        leg: LegId(1),
        media: elsewhere,
    });
    assert_eq!(out.unlocked, [LegId(1)]);
    let out = desk.receive(1, Component::Rtp, address(1, 4_000), &voice(1));
    assert!(out.locked.is_empty());
    let out = desk.receive(1, Component::Rtp, address(1, 5_000), &voice(2));
    assert_eq!(out.locked, [(LegId(1), Component::Rtp, address(1, 5_000))]);
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
    // Nobody there: not even counted against a leg.
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
    // It is no voice.
    assert_eq!(desk.tick().level(1), 0);
}

/// "RTP bleed": a stranger sends to a leg's port from before its phone does, all through the call
/// and after an agreement that changes nothing. Nobody hears it, and it is sent nothing.
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
