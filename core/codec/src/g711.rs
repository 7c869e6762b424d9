//! Companding laws of ITU-T G.711 for samples of 16 bits: µ-law uses the upper 14 bits, A-law the
//! upper 13. Single samples only; slices are handled in the crate root.

use confab_terms::Codec;

static MULAW: [i16; 256] = mulaw_table();
static ALAW: [i16; 256] = alaw_table();

/// Returns the sample of each of the 256 codes; `None` for a codec without a fixed table.
#[must_use]
pub const fn expansion(codec: Codec) -> Option<&'static [i16; 256]> {
    match codec {
        Codec::Pcmu => Some(&MULAW),
        Codec::Pcma => Some(&ALAW),
        Codec::G722 | Codec::Opus => None,
    }
}

// A segment and its step are the exponent and the upper mantissa bits of a binary floating-point
// number. The conversion to f32 (exact below 2^24) therefore does the search, and vectorizes.
const MANTISSA_TO_STEP: u32 = 23 - 4;

/// Encodes µ-law: a bias of 33 in 14 bits, eight segments of sixteen steps, all bits inverted.
pub(crate) fn to_mulaw(sample: i16) -> u8 {
    let sign = sample >> 15;
    // One's complement, since G.711 has a positive and a negative zero.
    let magnitude = i32::from(sample ^ sign) >> 2;
    let biased = (magnitude + 33).min(0x1fff);
    let steps = (biased as f32).to_bits() >> MANTISSA_TO_STEP;
    // The lowest biased value is 2^5: segment 0.
    let code = steps.wrapping_sub((127 + 5) << 4) as u8;
    !(code | (sign as u8 & 0x80))
}

/// Encodes A-law: two linear segments, then six that double, even bits inverted.
pub(crate) fn to_alaw(sample: i16) -> u8 {
    let sign = sample >> 15;
    let magnitude = i32::from(sample ^ sign) >> 4;
    let steps = (magnitude as f32).to_bits() >> MANTISSA_TO_STEP;
    // Segment 1 begins at 2^4.
    let segmented = steps.wrapping_sub((127 + 3) << 4);
    let code = if magnitude < 16 {
        magnitude as u32
    } else {
        segmented
    };
    (code as u8 | (!sign as u8 & 0x80)) ^ 0x55
}

const fn mulaw_table() -> [i16; 256] {
    let mut table = [0; 256];
    let mut code = 0;
    while code < 256 {
        let bits = !(code as u8);
        let segment = (bits >> 4) & 7;
        let step = (bits & 15) as i16;
        let magnitude = ((2 * step + 33) << segment) - 33;
        let sample = magnitude << 2;
        table[code] = if bits & 0x80 == 0 { sample } else { -sample };
        code += 1;
    }
    table
}

const fn alaw_table() -> [i16; 256] {
    let mut table = [0; 256];
    let mut code = 0;
    while code < 256 {
        let bits = code as u8 ^ 0x55;
        let segment = (bits >> 4) & 7;
        let step = (bits & 15) as i16;
        let magnitude = if segment == 0 {
            2 * step + 1
        } else {
            (2 * step + 33) << (segment - 1)
        };
        let sample = magnitude << 3;
        table[code] = if bits & 0x80 == 0 { -sample } else { sample };
        code += 1;
    }
    table
}
