//! `audio/basic` and `audio/ulaw` without a header: µ-law at 8 kHz, as ITU-T G.711 has it.

/// One byte to a sample in -1..1.
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

/// Whether a content type promises headerless µ-law.
pub(crate) fn is_telephone(content_type: &str) -> bool {
    matches!(
        content_type,
        "audio/basic" | "audio/ulaw" | "audio/x-mulaw" | "audio/pcmu"
    )
}
