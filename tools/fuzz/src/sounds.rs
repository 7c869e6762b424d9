//! Audio files: decoded to no more samples than their bytes can hold, within a limit of memory for
//! any declared size. confab catches the panic of a decoder; here, a panic is a failure.

use std::io::Cursor;
use std::ops::ControlFlow;
use std::sync::OnceLock;

use confab_sounds::{Decoded, Decoders};

/// Maximum memory for any file of a few kilobytes, mostly used by the filter for an unusual rate.
const MEMORY_MAX: usize = 24 << 20;
/// Maximum number of samples at 8 kHz per byte of a file: 320 samples of GSM in 65 bytes at 1 kHz
/// are 39 per byte.
const SAMPLES_PER_BYTE: usize = 64;
/// Maximum number of samples per byte for formats with long frames of few bytes: 120 ms of Opus
/// silence in 3 bytes, and their share of a page.
const SAMPLES_PER_BYTE_PACKED: usize = 1_024;
/// A frame of FLAC holds 65,535 equal samples in a dozen bytes: maximum number of checked samples.
const SAMPLES_OF_FLAC: usize = 2_000_000;
/// Additional samples: the filter's tail, and a frame of silence.
const SAMPLES_MORE: usize = 16_000;

pub(crate) fn wav(bytes: &[u8]) {
    decode(bytes, "audio/wav", SAMPLES_PER_BYTE);
}

pub(crate) fn mp3(bytes: &[u8]) {
    decode(bytes, "audio/mpeg", SAMPLES_PER_BYTE);
}

/// Decodes a file with the format detected from its first bytes.
pub(crate) fn audio(bytes: &[u8]) {
    for content_type in ["application/octet-stream", "audio/x-gsm", "audio/basic"] {
        decode(bytes, content_type, SAMPLES_PER_BYTE_PACKED);
    }
}

fn decode(bytes: &[u8], content_type: &str, samples_per_byte: usize) {
    static DECODERS: OnceLock<Decoders> = OnceLock::new();
    let decoders = DECODERS.get_or_init(|| Decoders::new(1));
    let samples_max = bytes.len() * samples_per_byte + SAMPLES_MORE;
    let is_flac = bytes
        .windows(4)
        .any(|mark| mark.eq_ignore_ascii_case(b"flac"));
    let mut decoded = 0;
    let mut wide = 0;
    let mut out = |samples: Decoded<'_>| {
        decoded += samples.narrow.len();
        wide += samples.wide.map_or(0, <[i16]>::len);
        if is_flac && decoded > SAMPLES_OF_FLAC {
            return ControlFlow::Break(());
        }
        assert!(
            is_flac || decoded <= samples_max && wide <= 2 * samples_max,
            "{decoded} samples, {wide} wide ones, of {} bytes",
            bytes.len()
        );
        ControlFlow::Continue(())
    };
    let source = Cursor::new(bytes.to_vec());
    let ended = crate::memory::within(MEMORY_MAX, || {
        decoders.decode(source, content_type, &mut out)
    });
    if let Err(reason) = ended {
        assert!(!reason.is_empty() && reason.len() < 1_000, "{reason}");
    }
}
