//! GCM against the test vectors of RFC 7714, which start from the session key.

use super::{Cipher, GCM_TAG_BYTES, Place, Span};
use crate::srtp::schedule::Label;
use confab_terms::SrtpSuite;

/// Creates a cipher with the session key and salt of RFC 7714 §16 and §17.
fn gcm() -> Cipher {
    Cipher::new(SrtpSuite::AeadAes128Gcm, &|label, out| match label {
        Label::Salt => out.copy_from_slice(b"Quid pro quo"),
        _ => out.copy_from_slice(&core::array::from_fn::<u8, 16, _>(|at| at as u8)),
    })
}

fn bytes(hex: &str) -> Vec<u8> {
    let digits: String = hex.split_ascii_whitespace().collect();
    let digits = digits.as_bytes().chunks(2);
    let byte = |two: &[u8]| u8::from_str_radix(std::str::from_utf8(two).unwrap(), 16);
    digits.map(|two| byte(two).unwrap()).collect()
}

const RTP: &str = "8040f17b 8041f8d3 5501a0b2 47616c6c 69612065 7374206f 6d6e6973 20646976 69736120
    696e2070 61727465 73207472 6573";
const SRTP: &str =
    "8040f17b 8041f8d3 5501a0b2 f24de3a3 fb34de6c acba861c 9d7e4bca be633bd5 0d294e6f
    42a5f47a 51c7d19b 36de3adf 8833 899d7f27 beb16a91 52cf765e e4390cce";
const RTCP: &str =
    "81c8000d 4d617273 4e545031 4e545032 52545020 0000042a 0000e930 4c756e61 deadbeef
    deadbeef deadbeef deadbeef deadbeef";
const SRTCP: &str =
    "81c8000d 4d617273 63e94885 dcdab67c a727d766 2f6b7e99 7ff5c0f7 6c06f32d c676a5f1
    730d6fda 4ce09b46 86303ded 0bb9275b c84aa458 96cf4d2f c5abf872 45d9eade";

fn both_ways(clear: &str, sealed: &str, place: Place, clear_bytes: usize, further: &[u8]) {
    let (clear, sealed) = (bytes(clear), bytes(sealed));
    let span = Span {
        clear: clear_bytes,
        length: clear.len(),
        tag: clear.len(),
    };
    let mut packet = clear.clone();
    packet.resize(clear.len() + GCM_TAG_BYTES, 0);
    assert_eq!(gcm().seal(&mut packet, span, place, further), Some(()));
    assert_eq!(packet, sealed);
    assert_eq!(gcm().open(&mut packet, span, place, further), Some(()));
    assert_eq!(packet[..clear.len()], clear);
    // Neither sealing nor opening works without room for the whole tag.
    let mut short = sealed[..sealed.len() - 1].to_vec();
    assert_eq!(gcm().seal(&mut short, span, place, further), None);
    let mut short = sealed[..sealed.len() - 1].to_vec();
    assert_eq!(gcm().open(&mut short, span, place, further), None);
    assert_eq!(short, sealed[..sealed.len() - 1]);
}

#[test]
fn gcm_matches_the_rfc() {
    let place = Place {
        ssrc: 0x5501_a0b2,
        index: 0xf17b,
    };
    both_ways(RTP, SRTP, place, 12, &[]);
    let place = Place {
        ssrc: 0x4d61_7273,
        index: 0x5d4,
    };
    both_ways(RTCP, SRTCP, place, 8, &0x8000_05d4_u32.to_be_bytes());
}
