//! Audio files: decoded to no more samples than their bytes can hold, within a bound of memory
//! whatever sizes they declare. A decoder that panics is caught in confab; here it is a finding.

use std::io::Cursor;
use std::ops::ControlFlow;
use std::sync::OnceLock;

use confab_sounds::{Decoded, Decoders};

/// Whatever a file of a few kilobytes says of itself. The filter of an odd rate is most of it.
const MEMORY_MAX: usize = 24 << 20;
/// Samples at 8 kHz for a byte of a file: 4 bits each at 1 kHz are 16.
const SAMPLES_PER_BYTE: usize = 16;
/// What the filter adds at the end, and a whole frame of silence.
const SAMPLES_MORE: usize = 16_000;

pub(crate) fn wav(bytes: &[u8]) {
    decode(bytes, "audio/wav");
}

pub(crate) fn mp3(bytes: &[u8]) {
    decode(bytes, "audio/mpeg");
}

fn decode(bytes: &[u8], content_type: &str) {
    static DECODERS: OnceLock<Decoders> = OnceLock::new();
    let decoders = DECODERS.get_or_init(|| Decoders::new(1));
    let samples_max = bytes.len() * SAMPLES_PER_BYTE + SAMPLES_MORE;
    let mut decoded = 0;
    let mut wide = 0;
    let mut out = |samples: Decoded<'_>| {
        decoded += samples.narrow.len();
        wide += samples.wide.map_or(0, <[i16]>::len);
        assert!(
            decoded <= samples_max && wide <= 2 * samples_max,
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
