//! Bytes to samples at 8 and at 16 kHz, mono, as they come. Which decoder reads a file is told by
//! its first bytes. The limits and the judgement of what is broken beyond use are ours.

use std::io::{self, Cursor, Read};
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, PoisonError};

use confab_terms::Rate;

use crate::budget::Budget;
use crate::gsm::{self, Packing};
use crate::kind::{HEAD_BYTES, Kind};
use crate::library::{self, Family};
use crate::limits::{FILTERS_MAX, WHOLE_BYTES_MAX};
use crate::permits::{Permit, Permits};
use crate::plain::{self, Layout};
use crate::resampler::{Filter, Resampler};
use crate::riff::{self, Wave};
use crate::{au, mp4};

/// Resources that decoders share: turns at the processor, memory for files that are read whole,
/// and the filters used last.
#[derive(Debug)]
pub struct Decoders {
    processor: Permits,
    whole: Arc<Budget>,
    filters: Mutex<Vec<Arc<Filter>>>,
}

/// What came out so far: mono, the same stretch of time at either rate but for what the filters
/// still hold.
#[derive(Clone, Copy, Debug)]
pub struct Decoded<'a> {
    /// At 8 kHz.
    pub narrow: &'a [i16],
    /// At 16 kHz; none where the source itself has no more than 8 kHz.
    pub wide: Option<&'a [i16]>,
}

/// Takes samples as they are decoded; says when it has had enough.
pub(crate) type Out<'a> = &'a mut dyn FnMut(Decoded<'_>) -> ControlFlow<()>;

impl Decoders {
    /// So many of them may use the processor at once.
    #[must_use]
    pub fn new(at_once: usize) -> Self {
        Self {
            processor: Permits::new(at_once),
            whole: Arc::new(Budget::new(WHOLE_BYTES_MAX)),
            filters: Mutex::default(),
        }
    }

    /// Decodes all of it, on this thread, until `out` has had enough.
    ///
    /// # Errors
    /// Why it ended early; what came out before stays good.
    pub fn decode(
        &self,
        mut source: impl Read + Send + 'static,
        content_type: &str,
        out: Out<'_>,
    ) -> Result<(), String> {
        let mut head = Vec::new();
        let read = riff::read_to(&mut source, &mut head, HEAD_BYTES);
        read.map_err(|error| error.to_string())?;
        let kind = Kind::of(&head, content_type);
        if kind == Kind::Aiff {
            riff::check_aiff(&mut source, &mut head).map_err(|error| error.to_string())?;
        }
        let mut source = Cursor::new(head).chain(source);
        match kind {
            Kind::Wav => {
                skip(&mut source, 12)?;
                let wave = riff::wave(&mut source)?;
                let length = wave.length.unwrap_or(u64::MAX);
                self.decode_wave(&wave, source.take(length), out)
            }
            Kind::Au => {
                let layout = au::layout(&mut source)?;
                plain::decode(self, source, layout, out)
            }
            Kind::Telephone(coding) => plain::decode(self, source, Layout::telephone(coding), out),
            Kind::Gsm => gsm::decode(self, source, 0, Packing::Frames, out),
            Kind::Mp4 => match mp4::in_order(source, &self.whole)? {
                mp4::Ordered::Streamed(source) => {
                    library::decode_once(self, source, Family::Mp4, out)
                }
                mp4::Ordered::Whole(whole) => library::decode_whole(self, whole, Family::Mp4, out),
            },
            Kind::Aiff => library::decode_once(self, source, Family::Aiff, out),
            Kind::Opus | Kind::Marked => library::decode_once(self, source, Family::Marked, out),
            Kind::Other(name) => Err(found(name)),
        }
    }

    fn decode_wave(
        &self,
        wave: &Wave,
        samples: impl Read + Send + 'static,
        out: Out<'_>,
    ) -> Result<(), String> {
        if let Some(layout) = wave.layout() {
            return plain::decode(self, samples, layout, out);
        }
        match wave.format {
            // ADPCM of Microsoft, and of the IMA.
            0x02 | 0x11 => {
                let whole = Cursor::new(wave.header()).chain(samples);
                library::decode_once(self, whole, Family::Wav, out)
            }
            0x31 if wave.channels == 1 => {
                gsm::decode(self, samples, wave.rate, Packing::Pairs, out)
            }
            // MPEG audio in WAV: its frames have marks of their own.
            0x50 | 0x55 => library::decode_once(self, samples, Family::Marked, out),
            other => Err(found(&format!("WAV coding 0x{other:04x}"))),
        }
    }

    /// A turn at the processor.
    pub(crate) fn turn(&self) -> Permit<'_> {
        self.processor.take()
    }

    pub(crate) fn resampler(&self, rate: u32, to: Rate) -> Resampler {
        Resampler::with(self.filter(rate, to))
    }

    fn filter(&self, rate: u32, to: Rate) -> Arc<Filter> {
        let known = |filters: &[Arc<Filter>]| {
            let mut filters = filters.iter();
            filters.find(|one| one.is_between(rate, to)).cloned()
        };
        let lock = || self.filters.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(filter) = known(&lock()) {
            return filter;
        }
        let filter = Arc::new(Filter::new(rate, to));
        let mut filters = lock();
        if filters.len() == FILTERS_MAX {
            filters.remove(0);
        }
        filters.push(filter.clone());
        filter
    }
}

/// Names what was found in place of audio that can be played.
pub(crate) fn found(name: &str) -> String {
    format!(
        "found {name}: WAV, AIFF, AU, MP3, GSM, FLAC, AAC-LC (ADTS or MP4), Ogg Vorbis and Ogg \
         Opus can be played"
    )
}

fn skip(source: &mut impl Read, bytes: u64) -> Result<(), String> {
    let skipped = io::copy(&mut source.take(bytes), &mut io::sink());
    skipped.map(|_| ()).map_err(|error| error.to_string())
}
