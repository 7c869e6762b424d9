//! Which readers may look at a file. Those of WAV and AIFF only where `riff` has looked before
//! them, at the very beginning: left to itself the library finds their marks behind any junk.

use std::sync::LazyLock;

use symphonia::core::formats::probe::{Probe, ProbeOptions};
use symphonia::default::formats::{AiffReader, MpaReader, OggReader, WavReader};
use symphonia::default::meta::{Id3v1Reader, Id3v2Reader};

/// The mark of a file of chunks is its first four bytes.
const MARK_BYTES: u32 = 4;

static CHUNKS: LazyLock<Probe> = LazyLock::new(|| {
    let mut probe = Probe::new_with_options(&ProbeOptions {
        max_probe_depth: MARK_BYTES,
        ..ProbeOptions::default()
    });
    probe.register_format::<WavReader<'_>>();
    probe.register_format::<AiffReader<'_>>();
    probe
});

static STREAMS: LazyLock<Probe> = LazyLock::new(|| {
    let mut probe = Probe::new();
    probe.register_format::<MpaReader<'_>>();
    probe.register_format::<OggReader<'_>>();
    probe.register_metadata::<Id3v1Reader<'_>>();
    probe.register_metadata::<Id3v2Reader<'_>>();
    probe
});

/// For files of chunks (WAV, AIFF), or for all others.
pub(crate) fn probe(is_of_chunks: bool) -> &'static Probe {
    if is_of_chunks { &CHUNKS } else { &STREAMS }
}
