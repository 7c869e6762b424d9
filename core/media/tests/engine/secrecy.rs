//! Encrypted legs: packets on the network, audibility, and keys that keep their counts.

use confab_codec::{decode, encode};
use confab_media::{Command, Component, Engine, LegMedia};
use confab_rtp::rtcp::{Item, Items};
use confab_rtp::srtp::{Incoming, Outgoing, SRTP_BYTES_MAX};
use confab_rtp::{HEADER_BYTES, Header};
use confab_terms::{Codec, LegId, MasterKey, SocketAddr, SrtpKeys, SrtpSuite};

use crate::desk::{Desk, Out, address, coded, media};

pub(crate) fn keys(suite: SrtpSuite, ours: u8, theirs: u8) -> SrtpKeys {
    SrtpKeys {
        suite,
        ours: MasterKey::new([ours; 30]),
        theirs: MasterKey::new([theirs; 30]),
    }
}

/// Phone at the other end of leg 1.
pub(crate) struct Phone {
    outgoing: Outgoing,
    incoming: Incoming,
    /// Number of the phone's next packet, rollovers included.
    pub(crate) sequence: u32,
}

impl Phone {
    pub(crate) fn new(keys: SrtpKeys) -> Self {
        Self {
            outgoing: Outgoing::new(keys.suite, keys.theirs),
            incoming: Incoming::new(keys.suite, keys.ours),
            sequence: 0,
        }
    }

    pub(crate) fn says(&mut self, value: i16) -> Vec<u8> {
        let mut packet = clear(self.sequence, value);
        self.sequence += 1;
        let length = packet.len();
        packet.resize(length + SRTP_BYTES_MAX, 0);
        let sealed = self.outgoing.protect_rtp(&mut packet, length);
        packet.truncate(sealed.expect("there is room"));
        packet
    }

    /// Returns the last sample that the phone heard; `None`: the phone cannot decrypt the packet.
    pub(crate) fn hears(&mut self, out: &Out) -> Option<i16> {
        let mut packet = out.rtp(1)?.bytes.clone();
        let length = self.incoming.unprotect_rtp(&mut packet).ok()?;
        let mut samples = vec![0; length - HEADER_BYTES];
        decode(Codec::Pcmu, &packet[HEADER_BYTES..length], &mut samples);
        samples.last().copied()
    }
}

pub(crate) fn clear(sequence: u32, value: i16) -> Vec<u8> {
    let mut packet = vec![0; HEADER_BYTES + 160];
    let header = Header {
        payload_type: 0,
        marker: sequence == 0,
        sequence: sequence as u16,
        timestamp: sequence * 160,
        ssrc: 77,
    };
    header.write(&mut packet);
    encode(Codec::Pcmu, &[value; 160], &mut packet[HEADER_BYTES..]);
    packet
}

pub(crate) fn agree(desk: &mut Desk, srtp: Option<SrtpKeys>) {
    let media = LegMedia { srtp, ..media(1) };
    let leg = LegId(1);
    desk.apply(Command::SetMedia { leg, media });
}

fn home() -> SocketAddr {
    address(1, 4_000)
}

fn receive(desk: &mut Desk, packet: &[u8]) -> Out {
    desk.receive(1, Component::Rtp, home(), packet)
}

#[test]
fn an_encrypted_and_a_clear_leg_hear_each_other_across_rollovers() {
    for suite in SrtpSuite::ALL {
        let keys = keys(suite, 1, 2);
        let (mut desk, mut phone) = (Desk::conference(2), Phone::new(keys));
        agree(&mut desk, Some(keys));
        let mut heard = (None, None);
        // The sequence numbers of leg 1 begin at 65,530.
        for n in 0..40 {
            let packet = phone.says(3_000);
            receive(&mut desk, &packet);
            let out = desk.say(&[(2, 500)]);
            heard = (out.heard(2).last().copied(), phone.hears(&out));
            assert!(heard.1.is_some(), "{suite:?} {n}");
            // Serialized and restored: the counts continue.
            let state = postcard::to_stdvec(&desk.engine).expect("is data");
            desk.engine = postcard::from_bytes::<Engine>(&state).expect("the same");
        }
        assert_eq!(heard, (Some(coded(3_000)), Some(coded(500))));
        assert_eq!(desk.engine.counters().unauthentic, 0);
    }
}

#[test]
fn what_is_not_theirs_is_not_heard_and_locks_nothing() {
    let keys = keys(SrtpSuite::AeadAes128Gcm, 1, 2);
    let (mut desk, mut phone) = (Desk::conference(2), Phone::new(keys));
    agree(&mut desk, Some(keys));
    let good = phone.says(3_000);
    let mut changed = good.clone();
    changed[20] ^= 1;
    for bad in [clear(0, 3_000), changed, Vec::new(), vec![0x80; 1_501]] {
        assert!(receive(&mut desk, &bad).locked.is_empty());
    }
    let report = [0x81, 0xc8, 0, 1, 0, 0, 0, 77];
    let out = desk.receive(1, Component::Rtcp, address(1, 4_001), &report);
    assert!(out.locked.is_empty());
    assert_eq!(desk.engine.counters().unauthentic, 5);
    receive(&mut desk, &good);
    assert_eq!(desk.engine.counters().rtp_in, 1);
    // The same packet from the right source again.
    receive(&mut desk, &good);
    assert_eq!(desk.engine.counters().unauthentic, 6);
    assert_eq!(desk.engine.counters().rtp_in, 1);
    // A stranger with the key, but from another source.
    let stranger = "203.0.113.9:4000".parse().expect("an address");
    let next = phone.says(3_000);
    desk.receive(1, Component::Rtp, stranger, &next);
    assert_eq!(desk.engine.counters().foreign_source, 1);
    assert_eq!(desk.tick().rtp(1).expect("is sent").to, home());
}

#[test]
fn reports_are_encrypted_too() {
    for suite in SrtpSuite::ALL {
        let keys = keys(suite, 1, 2);
        let (mut desk, mut phone) = (Desk::new(1), Phone::new(keys));
        agree(&mut desk, Some(keys));
        let mut reports = 0;
        for _ in 0..1_000 {
            let out = desk.tick();
            let sent = out.packets.get(&LegId(1)).into_iter().flatten();
            for sent in sent.filter(|sent| sent.component == Component::Rtcp) {
                let mut packet = sent.bytes.clone();
                let length = phone.incoming.unprotect_rtcp(&mut packet).expect("ours");
                let mut items = Items::new(&packet[..length]);
                assert!(items.all(|item| item.is_ok()));
                let first = Items::new(&packet[..length]).next();
                assert!(matches!(first, Some(Ok(Item::Sender { ssrc: 1_001, .. }))));
                reports += 1;
            }
        }
        assert!(reports >= 2, "{reports}");
    }
}

#[test]
fn a_key_that_stays_keeps_its_count_and_a_new_one_begins_anew() {
    let first = keys(SrtpSuite::AesCm128HmacSha1, 1, 2);
    let (mut desk, mut phone) = (Desk::new(1), Phone::new(first));
    agree(&mut desk, Some(first));
    // Past the rollover: a phone that starts to count now could not decrypt.
    for _ in 0..20 {
        let out = desk.tick();
        assert!(phone.hears(&out).is_some());
    }
    let old = phone.says(1);
    receive(&mut desk, &old);
    agree(&mut desk, Some(first));
    let out = desk.tick();
    assert!(phone.hears(&out).is_some());
    receive(&mut desk, &old);
    assert_eq!(desk.engine.counters().unauthentic, 1, "the same again");

    // The peer's other device: both keys are new.
    let second = keys(SrtpSuite::AesCm128HmacSha1, 3, 4);
    agree(&mut desk, Some(second));
    let mut other = Phone::new(second);
    let out = desk.tick();
    assert_eq!(phone.hears(&out), None);
    // A phone that continues to count rollovers under the new key can decrypt as well.
    phone.incoming.change_key(second.suite, second.ours);
    assert!(phone.hears(&out).is_some());
    assert!(other.hears(&out).is_some());
    let header = out.rtp(1).expect("is sent").header();
    assert!(header.marker && header.sequence < 0x8000 && header.ssrc != 1_001);
    let before = desk.engine.counters().rtp_in;
    receive(&mut desk, &phone.says(1));
    assert_eq!(desk.engine.counters().rtp_in, before);
    receive(&mut desk, &other.says(1));
    assert_eq!(desk.engine.counters().rtp_in, before + 1);

    // Back to unencrypted media.
    agree(&mut desk, None);
    assert_eq!(desk.tick().rtp(1).expect("is sent").bytes.len(), 172);
}

/// Packets without the key are neither learned nor block the phone, from any source.
#[test]
fn only_authenticated_packets_count_for_the_learning_of_sources() {
    let keys = keys(SrtpSuite::AeadAes128Gcm, 1, 2);
    let (mut desk, mut phone) = (Desk::conference(2), Phone::new(keys));
    let media = LegMedia {
        srtp: Some(keys),
        trusts_sdp: false,
        ..media(1)
    };
    let leg = LegId(1);
    desk.apply(Command::SetMedia { leg, media });
    let at = |port| SocketAddr::new(media.signalling_address, port);
    let mut replay = Vec::new();
    for n in 0..30 {
        for port in [6_002, 6_004] {
            desk.receive(1, Component::Rtp, at(port), &clear(n, 9_000));
            desk.receive(1, Component::Rtp, at(port), &replay);
        }
        replay = phone.says(3_000);
        desk.receive(1, Component::Rtp, at(6_000), &replay);
        desk.say(&[(2, 500)]);
    }
    let out = desk.say(&[(2, 500)]);
    assert_eq!(out.rtp(1).expect("is sent").to, at(6_000));
    assert_eq!(desk.engine.counters().rtp_in, 20 + 31);
}
