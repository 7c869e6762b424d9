//! Readers of symphonia that may open a file. WAV, AIFF and MP4 are opened only with their mark at
//! the very beginning: by default, symphonia finds marks after any other data.

use std::sync::LazyLock;

use symphonia::core::formats::probe::{Probe, ProbeOptions};
use symphonia::default::formats::{
    AdtsReader, AiffReader, FlacReader, IsoMp4Reader, MpaReader, OggReader, WavReader,
};
use symphonia::default::meta::{Id3v1Reader, Id3v2Reader};

/// Depth of the search for the mark: the first four bytes of a chunk file, slightly more for MP4.
const MARK_BYTES: u32 = 4;
const MP4_MARK_BYTES: u32 = 16;

/// Files for which the same readers are tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Family {
    Wav,
    Aiff,
    Mp4,
    /// Files with a mark in each frame or page: MP3, AAC (ADTS), Ogg, FLAC; tags may precede.
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

/// Returns the readers of a family.
pub(crate) fn probe(family: Family) -> &'static Probe {
    match family {
        Family::Wav => &WAV,
        Family::Aiff => &AIFF,
        Family::Mp4 => &MP4,
        Family::Marked => &MARKED,
    }
}
