//! µ-law and A-law (ITU-T G.711), and the content types of such files without a header.

use crate::plain::Coding;

/// Decodes a byte of µ-law to a sample in -1..1.
pub(crate) fn expand(byte: u8) -> f32 {
    let byte = !byte;
    let exponent = i32::from(byte >> 4 & 7);
    let mantissa = i32::from(byte & 15);
    let magnitude = (((mantissa << 3) + 132) << exponent) - 132;
    let signed = if byte & 0x80 == 0 {
        magnitude
    } else {
        -magnitude
    };
    signed as f32 / 32_768.0
}

/// Decodes a byte of A-law to a sample in -1..1.
pub(crate) fn expand_a(byte: u8) -> f32 {
    let byte = byte ^ 0x55;
    let exponent = i32::from(byte >> 4 & 7);
    let mantissa = i32::from(byte & 15);
    let magnitude = match exponent {
        0 => (mantissa << 4) + 8,
        exponent => ((mantissa << 4) + 264) << (exponent - 1),
    };
    let signed = if byte & 0x80 == 0 {
        -magnitude
    } else {
        magnitude
    };
    signed as f32 / 32_768.0
}

/// Returns the coding that a content type declares for a file without a header.
pub(crate) fn coding(content_type: &str) -> Option<Coding> {
    match content_type {
        "audio/basic" | "audio/ulaw" | "audio/mulaw" | "audio/x-mulaw" | "audio/x-ulaw"
        | "audio/pcmu" => Some(Coding::MuLaw),
        "audio/alaw" | "audio/x-alaw" | "audio/pcma" => Some(Coding::ALaw),
        _ => None,
    }
}
