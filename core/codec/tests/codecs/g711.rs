//! All values of both laws against the definition in ITU-T G.711 and against a few values printed
//! there. The definition is computed step by step as in the recommendation's tables.

use confab_codec::{decode, encode, silence};
use confab_terms::Codec;

/// Encodes by tables 1a and 1b: in 13 bits, the decision value at the start of a segment, and its
/// step.
fn alaw_by_the_book(sample: i16) -> u8 {
    let positive = sample >= 0;
    // Negative values mirror the positive ones: −1 pairs with 0.
    let magnitude = if positive {
        i32::from(sample)
    } else {
        -i32::from(sample) - 1
    };
    let value = magnitude / 16;
    let mut code = 0;
    let mut start = 0;
    for segment in 0..8 {
        let step = if segment < 2 { 1 } else { 1 << (segment - 1) };
        for _ in 0..16 {
            if value >= start {
                code = segment * 16 + (start - segment_start(segment)) / step;
            }
            start += step;
        }
    }
    let sign = if positive { 0x80 } else { 0 };
    (code as u8 | sign) ^ 0x55
}

fn segment_start(segment: i32) -> i32 {
    if segment < 2 {
        segment * 16
    } else {
        16 << (segment - 1)
    }
}

/// Encodes by tables 2a and 2b: in 14 bits; segments begin at 0, 31, 95, 223 … and steps double.
fn mulaw_by_the_book(sample: i16) -> u8 {
    let positive = sample >= 0;
    let magnitude = if positive {
        i32::from(sample)
    } else {
        -i32::from(sample) - 1
    };
    let value = magnitude / 4;
    let mut code = 127;
    let mut start = -1;
    'search: for segment in 0..8 {
        for step in 0..16 {
            let end = start + (2 << segment);
            if value < end {
                code = segment * 16 + step;
                break 'search;
            }
            start = end;
        }
    }
    let sign = if positive { 0x80 } else { 0 };
    (!(code as u8) & 0x7f) | sign
}

fn encoded(codec: Codec, sample: i16) -> u8 {
    let mut out = [0];
    assert_eq!(encode(codec, &[sample], &mut out), 1);
    out[0]
}

fn decoded(codec: Codec, code: u8) -> i16 {
    let mut out = [0];
    assert_eq!(decode(codec, &[code], &mut out), 1);
    out[0]
}

#[test]
fn encoding_matches_the_recommendation_for_every_sample() {
    for sample in i16::MIN..=i16::MAX {
        assert_eq!(
            encoded(Codec::Pcma, sample),
            alaw_by_the_book(sample),
            "A-law {sample}"
        );
        assert_eq!(
            encoded(Codec::Pcmu, sample),
            mulaw_by_the_book(sample),
            "µ-law {sample}"
        );
    }
}

#[test]
fn every_code_round_trips() {
    for code in 0..=255 {
        assert_eq!(encoded(Codec::Pcma, decoded(Codec::Pcma, code)), code);
        // µ-law has two zeros, linear samples only one.
        if code != 0x7f {
            assert_eq!(encoded(Codec::Pcmu, decoded(Codec::Pcmu, code)), code);
        }
    }
}

#[test]
fn error_is_at_most_half_a_step() {
    for codec in [Codec::Pcma, Codec::Pcmu] {
        for sample in i16::MIN..=i16::MAX {
            let back = decoded(codec, encoded(codec, sample));
            let off = (i32::from(back) - i32::from(sample)).abs();
            // The widest half step relative to the value is 1/32; near zero the law is linear.
            // Values beyond the virtual decision value of µ-law are clipped.
            let bound = i32::from(sample).abs() / 32 + 16;
            let clipped = codec == Codec::Pcmu && i32::from(sample).abs() > 32_124;
            assert!(off <= bound || clipped, "{codec:?} {sample} {back}");
        }
    }
}

#[test]
fn matches_printed_values_of_the_recommendation() {
    // Table 2a: 8031 is the greatest quantized value of 14 bits; table 1a: 4032 of 13 bits.
    assert_eq!(decoded(Codec::Pcmu, 0x80), 8_031 * 4);
    assert_eq!(decoded(Codec::Pcmu, 0x00), -8_031 * 4);
    assert_eq!(decoded(Codec::Pcma, 0x80 ^ 0x7f ^ 0x55), 4_032 * 8);
    assert_eq!(decoded(Codec::Pcma, 0x7f ^ 0x55), -4_032 * 8);
    assert_eq!(encoded(Codec::Pcmu, 0), silence(Codec::Pcmu));
    assert_eq!(encoded(Codec::Pcma, 0), silence(Codec::Pcma));
    assert_eq!(decoded(Codec::Pcmu, silence(Codec::Pcmu)), 0);
    assert_eq!(decoded(Codec::Pcma, silence(Codec::Pcma)), 8);
}

#[test]
fn accepts_slices_of_unequal_length() {
    let mut bytes = [1; 4];
    assert_eq!(encode(Codec::Pcmu, &[0; 3], &mut bytes), 3);
    assert_eq!(bytes, [0xff, 0xff, 0xff, 1]);
    let mut samples = [7; 2];
    assert_eq!(decode(Codec::Pcma, &[0x55; 5], &mut samples), 2);
}
