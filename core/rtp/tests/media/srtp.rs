//! SRTP end to end: known answers, rejected packets, rollover, and serialized state.

use confab_rtp::srtp::{Incoming, Outgoing, Refused, SRTP_BYTES_MAX};
use confab_rtp::{HEADER_BYTES, Header};
use confab_terms::{MasterKey, SrtpSuite, limits};
use proptest::prelude::{
    Just, ProptestConfig, any, prop_assert, prop_assert_eq, prop_oneof, proptest,
};

const GCM: SrtpSuite = SrtpSuite::AeadAes128Gcm;
const CM: SrtpSuite = SrtpSuite::AesCm128HmacSha1;
const KEY: MasterKey = MasterKey::new([7; 30]);

fn bytes(hex: &str) -> Vec<u8> {
    let digits: String = hex.split_ascii_whitespace().collect();
    let digits = digits.as_bytes().chunks(2);
    let byte = |two: &[u8]| u8::from_str_radix(std::str::from_utf8(two).unwrap(), 16);
    digits.map(|two| byte(two).unwrap()).collect()
}

fn rtp(ssrc: u32, sequence: u16, payload: &[u8]) -> Vec<u8> {
    let mut packet = vec![0; HEADER_BYTES];
    let header = Header {
        payload_type: 0,
        marker: false,
        sequence,
        timestamp: u32::from(sequence).wrapping_mul(160),
        ssrc,
    };
    header.write(&mut packet);
    packet.extend_from_slice(payload);
    packet
}

fn protect(outgoing: &mut Outgoing, clear: &[u8]) -> Vec<u8> {
    let mut packet = clear.to_vec();
    packet.resize(clear.len() + SRTP_BYTES_MAX, 0xee);
    let length = outgoing.protect_rtp(&mut packet, clear.len());
    packet.truncate(length.expect("there is room, and it is new"));
    packet
}

fn protect_report(outgoing: &mut Outgoing, clear: &[u8]) -> Vec<u8> {
    let mut packet = clear.to_vec();
    packet.resize(clear.len() + SRTP_BYTES_MAX, 0xee);
    let length = outgoing.protect_rtcp(&mut packet, clear.len());
    packet.truncate(length.expect("there is room"));
    packet
}

fn open(incoming: &mut Incoming, packet: &[u8]) -> Result<Vec<u8>, Refused> {
    let mut packet = packet.to_vec();
    let length = incoming.unprotect_rtp(&mut packet)?;
    packet.truncate(length);
    Ok(packet)
}

fn open_report(incoming: &mut Incoming, packet: &[u8]) -> Result<Vec<u8>, Refused> {
    let mut packet = packet.to_vec();
    let length = incoming.unprotect_rtcp(&mut packet)?;
    packet.truncate(length);
    Ok(packet)
}

/// Known answers of libsrtp's tests, each from a master key.
#[test]
fn matches_known_answers() {
    let rtp = "800f1234 decafbad cafebabe abababab abababab abababab abababab";
    let rtcp = "81c8000b cafebabe abababab abababab abababab abababab";
    for (suite, key, srtp, srtcp) in [
        (
            CM,
            "e1f97a0d3e018be0d64fa32c06de4139 0ec675ad498afeebb6960b3aabe6",
            "800f1234 decafbad cafebabe 4e55dc4c e79978d8 8ca4d215 949d2402 b78d6acc 99ea179b 8dbb",
            "81c8000b cafebabe 7128035b e487b9bd bef89041 f977a5a8 80000001 993e08cd 54d6c123 0798",
        ),
        (
            GCM,
            "000102030405060708090a0b0c0d0e0f a0a1a2a3a4a5a6a7a8a9aaab",
            "800f1234 decafbad cafebabe c5002ede 04cfdd2e b91159e0 880aa06e d2976826 f796b201
             df3131a1 27e8a392",
            "81c8000b cafebabe c98b8b5d f0392a55 852b6c21 ac8e7025 c52c6fbe a2b3b446 ea31123b
             a88ce61e 80000001",
        ),
    ] {
        let key = MasterKey::of_suite(suite, &bytes(key)).expect("as long as it is");
        let mut outgoing = Outgoing::new(suite, key);
        let mut incoming = Incoming::new(suite, key);
        assert_eq!(protect(&mut outgoing, &bytes(rtp)), bytes(srtp));
        assert_eq!(protect_report(&mut outgoing, &bytes(rtcp)), bytes(srtcp));
        assert_eq!(open(&mut incoming, &bytes(srtp)), Ok(bytes(rtp)));
        assert_eq!(open_report(&mut incoming, &bytes(srtcp)), Ok(bytes(rtcp)));
        // A repeated packet is rejected as a replay.
        assert_eq!(open(&mut incoming, &bytes(srtp)), Err(Refused::Replayed));
        let again = open_report(&mut incoming, &bytes(srtcp));
        assert_eq!(again, Err(Refused::Replayed));
    }
}

#[test]
fn csrcs_and_extension_are_not_encrypted() {
    let mut packet = bytes("92800001 00000000 00000005 11111111 22222222 bede0001 33333333");
    packet.extend([9; 20]);
    for suite in SrtpSuite::ALL {
        let sealed = protect(&mut Outgoing::new(suite, KEY), &packet);
        assert_eq!(sealed[..28], packet[..28]);
        assert_ne!(sealed[28..48], packet[28..48]);
        let opened = open(&mut Incoming::new(suite, KEY), &sealed);
        assert_eq!(opened, Ok(packet.clone()));
    }
}

#[test]
fn rejects_old_packet_and_other_key_or_suite() {
    for suite in SrtpSuite::ALL {
        let mut outgoing = Outgoing::new(suite, KEY);
        let sealed: Vec<_> = (0..300)
            .map(|n| protect(&mut outgoing, &rtp(5, n, &[1; 160])))
            .collect();
        let mut incoming = Incoming::new(suite, KEY);
        assert!(open(&mut incoming, &sealed[299]).is_ok());
        assert!(open(&mut incoming, &sealed[299 - 127]).is_ok());
        for old in [&sealed[299], &sealed[299 - 127], &sealed[299 - 128]] {
            assert_eq!(open(&mut incoming, old), Err(Refused::Replayed));
        }
        let other = MasterKey::new([8; 30]);
        let stranger = open(&mut Incoming::new(suite, other), &sealed[0]);
        assert_eq!(stranger, Err(Refused::Forged));
        // A sender rejects a sequence number that was used before: the key stream would be reused.
        let mut again = rtp(5, 299, &[2; 160]);
        again.resize(200, 0);
        assert_eq!(outgoing.protect_rtp(&mut again, 172), None);
    }
}

#[test]
fn rejects_unencrypted_report() {
    let report = bytes("81c8000b cafebabe abababab abababab abababab abababab");
    for suite in SrtpSuite::ALL {
        let mut sealed = protect_report(&mut Outgoing::new(suite, KEY), &report);
        let flag = match suite {
            GCM => sealed.len() - 4,
            CM => sealed.len() - 14,
        };
        assert_eq!(sealed[flag], 0x80);
        sealed[flag] = 0;
        let mut incoming = Incoming::new(suite, KEY);
        assert_eq!(open_report(&mut incoming, &sealed), Err(Refused::Clear));
    }
}

#[test]
fn streams_are_limited_and_kept() {
    let mut incoming = Incoming::new(GCM, KEY);
    let sealed = |ssrc: u32| protect(&mut Outgoing::new(GCM, KEY), &rtp(ssrc, 1, &[1; 20]));
    let last = u32::try_from(limits::SRTP_STREAMS_MAX).expect("few");
    for ssrc in 0..last {
        assert!(open(&mut incoming, &sealed(ssrc)).is_ok());
    }
    assert_eq!(open(&mut incoming, &sealed(last)), Err(Refused::TooMany));
    assert_eq!(open(&mut incoming, &sealed(0)), Err(Refused::Replayed));
}

/// A stream continues its rollover count under a new key (RFC 3711 §3.3.1) or restarts it at 0.
#[test]
fn new_key_continues_or_resets_the_rollover_count() {
    const NEXT: MasterKey = MasterKey::new([9; 30]);
    for suite in SrtpSuite::ALL {
        for goes_on in [false, true] {
            let (mut old, mut incoming) = (Outgoing::new(suite, KEY), Incoming::new(suite, KEY));
            for n in 0..4 {
                let clear = rtp(5, 65_534_u16.wrapping_add(n), &[1; 20]);
                assert_eq!(open(&mut incoming, &protect(&mut old, &clear)), Ok(clear));
            }
            incoming.change_key(suite, NEXT);
            let mut next = Outgoing::new(suite, NEXT);
            if goes_on {
                // The sender counts as if rolled over; this packet is not delivered.
                protect(&mut next, &rtp(5, 65_535, &[1; 20]));
            }
            for sequence in 2..10 {
                let clear = rtp(5, sequence, &[2; 20]);
                let sealed = protect(&mut next, &clear);
                assert_eq!(
                    open(&mut incoming, &sealed),
                    Ok(clear),
                    "{suite:?} {goes_on}"
                );
                assert_eq!(open(&mut incoming, &sealed), Err(Refused::Replayed));
            }
            let forged = protect(&mut old, &rtp(5, 2, &[3; 20]));
            assert!(open(&mut incoming, &forged).is_err(), "the old key is over");
        }
    }
}

/// State that is serialized and restored in the middle continues with a rebuilt key schedule.
#[test]
fn contexts_survive_serialization() {
    for suite in SrtpSuite::ALL {
        let (mut outgoing, mut incoming) = (Outgoing::new(suite, KEY), Incoming::new(suite, KEY));
        for n in 0..200_u32 {
            let sequence = 65_400_u16.wrapping_add(n as u16);
            let clear = rtp(5, sequence, &[n as u8; 160]);
            let sealed = protect(&mut outgoing, &clear);
            assert_eq!(open(&mut incoming, &sealed), Ok(clear));
            assert_eq!(open(&mut incoming, &sealed), Err(Refused::Replayed));
            outgoing = postcard::from_bytes(&postcard::to_stdvec(&outgoing).unwrap()).unwrap();
            incoming = postcard::from_bytes(&postcard::to_stdvec(&incoming).unwrap()).unwrap();
        }
    }
}

fn suites() -> impl proptest::strategy::Strategy<Value = SrtpSuite> {
    prop_oneof![Just(GCM), Just(CM)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// A packet with any bit flipped is rejected: packet and state stay unchanged.
    #[test]
    fn rejects_flipped_bit_without_a_change_of_state(
        suite in suites(), sequence: u16, payload in proptest::collection::vec(any::<u8>(), 0..200),
        bit: proptest::sample::Index, before: bool,
    ) {
        let (mut outgoing, mut incoming) = (Outgoing::new(suite, KEY), Incoming::new(suite, KEY));
        if before {
            let first = protect(&mut outgoing, &rtp(5, sequence.wrapping_sub(1), &[1; 20]));
            prop_assert!(open(&mut incoming, &first).is_ok());
        }
        let clear = rtp(5, sequence, &payload);
        for is_report in [false, true] {
            let whole = match is_report {
                false => protect(&mut outgoing, &clear),
                true => protect_report(&mut outgoing, &clear),
            };
            let mut flipped = whole.clone();
            let bit = bit.index(flipped.len() * 8);
            flipped[bit / 8] ^= 1 << (bit % 8);
            let (bad, state) = (flipped.clone(), incoming.clone());
            let refused = match is_report {
                false => incoming.unprotect_rtp(&mut flipped),
                true => incoming.unprotect_rtcp(&mut flipped),
            };
            prop_assert!(refused.is_err());
            prop_assert_eq!(&flipped, &bad);
            prop_assert_eq!(&incoming, &state);
            let opened = match is_report {
                false => open(&mut incoming, &whole),
                true => open_report(&mut incoming, &whole),
            };
            prop_assert_eq!(opened, Ok(clear.clone()));
        }
    }

    /// Three rollovers on a line that loses and reorders: each packet that arrives within the
    /// window is decrypted once.
    #[test]
    fn rollover_count_is_kept(
        suite in suites(), first in 0_u16.., seed in any::<u64>(),
    ) {
        let (mut outgoing, mut incoming) = (Outgoing::new(suite, KEY), Incoming::new(suite, KEY));
        let mut random = seed | 1;
        let mut next = |below: u64| {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            random % below
        };
        // Large steps keep the number of packets for three rounds of sequence numbers small.
        let (mut index, mut late) = (u64::from(first), Vec::new());
        while index < 4 * 65_536 {
            let clear = rtp(5, index as u16, &index.to_be_bytes());
            let sealed = protect(&mut outgoing, &clear);
            // The count begins with the first packet that arrives (RFC 3711 §3.3.1). Without a
            // packet before the first rollover, the receiver could not detect the rollover.
            let fate = if index == u64::from(first) { 2 } else { next(4) };
            match fate {
                0 => {}
                1 => late.push((index, clear, sealed)),
                _ => {
                    prop_assert_eq!(open(&mut incoming, &sealed), Ok(clear));
                    for (before, clear, sealed) in late.drain(..) {
                        let opened = open(&mut incoming, &sealed);
                        match index - before {
                            ..128 => prop_assert_eq!(opened, Ok(clear)),
                            _ => prop_assert_eq!(opened, Err(Refused::Replayed)),
                        }
                        prop_assert_eq!(open(&mut incoming, &sealed), Err(Refused::Replayed));
                    }
                }
            }
            let most = if next(3) == 0 { 1_000 } else { 30 };
            index += 1 + next(most);
        }
    }

    /// Junk of any length is rejected without a panic.
    #[test]
    fn rejects_any_bytes(suite in suites(), junk in proptest::collection::vec(any::<u8>(), 0..80)) {
        let mut incoming = Incoming::new(suite, KEY);
        prop_assert!(open(&mut incoming, &junk).is_err());
        prop_assert!(open_report(&mut incoming, &junk).is_err());
        for length in 0..junk.len() + 2 {
            let mut outgoing = Outgoing::new(suite, KEY);
            let _ = outgoing.protect_rtp(&mut junk.clone(), length);
            let _ = outgoing.protect_rtcp(&mut junk.clone(), length);
        }
    }
}
