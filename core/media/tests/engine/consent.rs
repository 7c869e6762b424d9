//! Packets to an address that only an SDP names.

use confab_media::{Command, Component, LegMedia};
use confab_rtp::{HEADER_BYTES, Header};
use confab_terms::{LegId, SocketAddr};

use crate::desk::{Desk, Out, address, media};

const LEG: LegId = LegId(1);
const TICKS_10_S: usize = 500;

fn unverified() -> LegMedia {
    LegMedia {
        verified: false,
        ..media(1)
    }
}

fn agree(desk: &mut Desk, media: LegMedia) {
    desk.apply(Command::SetMedia { leg: LEG, media });
}

/// Returns a desk with a leg whose SDP's address is not verified.
fn called() -> Desk {
    let mut desk = Desk::new(1);
    agree(&mut desk, unverified());
    // `Desk::new` has agreed on a verified address before.
    assert!(desk.tick().rtp(1).is_some());
    desk
}

/// Returns the number of ticks in which packets were sent to the leg, RTCP included.
fn sent(desk: &mut Desk, ticks: usize) -> usize {
    let is_sent = |out: &Out| out.packets.get(&LEG).is_some_and(|sent| !sent.is_empty());
    (0..ticks).filter(|_| is_sent(&desk.tick())).count()
}

fn voice(sequence: u16) -> Vec<u8> {
    let mut packet = vec![0x80; HEADER_BYTES + 160];
    Header {
        payload_type: 0,
        marker: false,
        sequence,
        timestamp: u32::from(sequence) * 160,
        ssrc: 5,
    }
    .write(&mut packet);
    packet
}

#[test]
fn packets_to_a_silent_address_stop_after_10_s_and_begin_again_with_its_first_packet() {
    let mut desk = called();
    assert_eq!(sent(&mut desk, TICKS_10_S + 50), TICKS_10_S - 2);
    assert_eq!(sent(&mut desk, 1_000), 0, "no RTP and no RTCP");
    let phone = address(1, 4_000);
    desk.receive(1, Component::Rtp, SocketAddr::new(phone.ip(), 9), &[0]);
    assert_eq!(sent(&mut desk, 10), 0, "no valid packet");
    desk.receive(1, Component::Rtp, phone, &voice(1));
    assert_eq!(sent(&mut desk, 1_000), 1_000, "and does not stop any more");
}

#[test]
fn rtcp_of_the_address_is_consent() {
    let mut desk = called();
    assert_eq!(sent(&mut desk, TICKS_10_S + 50), TICKS_10_S - 2);
    let report = [0x80, 201, 0, 1, 0, 0, 0, 5];
    desk.receive(1, Component::Rtcp, address(1, 4_001), &report);
    assert_eq!(sent(&mut desk, 1_000), 1_000);
}

#[test]
fn verified_address_is_sent_to_however_long_it_is_silent() {
    let mut desk = Desk::new(1);
    agree(&mut desk, media(1));
    assert_eq!(sent(&mut desk, 3_000), 3_000);
    // The source of the ACK verifies the address of an unverified answer, early or late.
    let host = address(1, 0).ip();
    for ticks in [100, TICKS_10_S + 100] {
        let mut desk = called();
        sent(&mut desk, ticks);
        let stranger = address(9, 0).ip();
        desk.apply(Command::VerifyHost {
            leg: LEG,
            host: stranger,
        });
        desk.apply(Command::VerifyHost { leg: LEG, host });
        assert_eq!(sent(&mut desk, 1_000), 1_000, "after {ticks}");
    }
}

#[test]
fn new_offers_extend_the_time_only_after_consent() {
    let mut desk = called();
    let mut all = 0;
    for port in 0..20 {
        let remote_rtp = address(1, 5_000 + 2 * port);
        let media = LegMedia {
            remote_rtp,
            ..unverified()
        };
        agree(&mut desk, media);
        all += sent(&mut desk, 100);
    }
    assert!(all < TICKS_10_S, "{all}");
    let phone = address(1, 5_038);
    desk.receive(1, Component::Rtp, phone, &voice(1));
    assert_eq!(sent(&mut desk, 100), 100);
    // The phone holds and resumes the call: no packet is lost, with and without a packet of the
    // phone.
    let media = LegMedia {
        remote_rtp: phone,
        ..unverified()
    };
    agree(
        &mut desk,
        LegMedia {
            sends: false,
            receives: false,
            ..media
        },
    );
    sent(&mut desk, 2 * TICKS_10_S);
    agree(&mut desk, media);
    assert_eq!(sent(&mut desk, 1_000), 1_000);
}

#[test]
fn phones_hold_costs_no_time() {
    let mut desk = called();
    agree(
        &mut desk,
        LegMedia {
            sends: false,
            receives: false,
            ..unverified()
        },
    );
    sent(&mut desk, 2 * TICKS_10_S);
    agree(&mut desk, unverified());
    assert!(sent(&mut desk, 400) == 400);
}
