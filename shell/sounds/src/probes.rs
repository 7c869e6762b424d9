//! Readers of the library that may look at a file. Those of WAV, AIFF and MP4 only where the file
//! has their mark at its very beginning: left to itself the library finds marks behind any junk.

use std::sync::LazyLock;

use symphonia::core::formats::probe::{Probe, ProbeOptions};
use symphonia::default::formats::{
    AdtsReader, AiffReader, FlacReader, IsoMp4Reader, MpaReader, OggReader, WavReader,
};
use symphonia::default::meta::{Id3v1Reader, Id3v2Reader};

/// The mark of a file of chunks is its first four bytes; that of MP4 comes soon behind.
const MARK_BYTES: u32 = 4;
const MP4_MARK_BYTES: u32 = 16;

/// Files whose readers are tried together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Family {
    Wav,
    Aiff,
    Mp4,
    /// Each frame or page has a mark: MP3, AAC (ADTS), Ogg, FLAC; tags before them.
    Marked,
}

static WAV: LazyLock<Probe> = LazyLock::new(|| {
    let mut probe = at_once(MARK_BYTES);
    probe.register_format::<WavReader<'_>>();
    probe
});

static AIFF: LazyLock<Probe> = LazyLock::new(|| {
    let mut probe = at_once(MARK_BYTES);
    probe.register_format::<AiffReader<'_>>();
    probe
});

static MP4: LazyLock<Probe> = LazyLock::new(|| {
    let mut probe = at_once(MP4_MARK_BYTES);
    probe.register_format::<IsoMp4Reader<'_>>();
    probe
});

static MARKED: LazyLock<Probe> = LazyLock::new(|| {
    let mut probe = Probe::new();
    probe.register_format::<MpaReader<'_>>();
    probe.register_format::<AdtsReader<'_>>();
    probe.register_format::<OggReader<'_>>();
    probe.register_format::<FlacReader<'_>>();
    probe.register_metadata::<Id3v1Reader<'_>>();
    probe.register_metadata::<Id3v2Reader<'_>>();
    probe
});

fn at_once(max_probe_depth: u32) -> Probe {
    Probe::new_with_options(&ProbeOptions {
        max_probe_depth,
        ..ProbeOptions::default()
    })
}

/// The readers of a family.
pub(crate) fn probe(family: Family) -> &'static Probe {
    match family {
        Family::Wav => &WAV,
        Family::Aiff => &AIFF,
        Family::Mp4 => &MP4,
        Family::Marked => &MARKED,
    }
}
