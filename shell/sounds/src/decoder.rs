//! Decoding of files to mono samples at 8 and 16 kHz while the bytes arrive. The first bytes select
//! the decoder. This module sets the limits, and decides when a broken file is given up.

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
use crate::pipe::AudioReader;
use crate::plain::{self, Layout};
use crate::resampler::{Filter, Resampler};
use crate::riff::{self, Wave};
use crate::{au, mp4};

/// Resources that decoders share: permits for the processor, memory for files that are read whole,
/// and recent filters.
#[derive(Debug)]
pub struct Decoders {
    processor: Permits,
    whole: Arc<Budget>,
    filters: Mutex<Vec<Arc<Filter>>>,
}

/// New samples: mono, of the same time span at both rates, except for samples that the filters
/// still hold.
#[derive(Clone, Copy, Debug)]
pub struct Decoded<'a> {
    /// Samples at 8 kHz.
    pub narrow: &'a [i16],
    /// Samples at 16 kHz; `None` if the source has no more than 8 kHz.
    pub wide: Option<&'a [i16]>,
}

/// Receiver of decoded samples.
pub(crate) type Out<'a> = &'a mut dyn FnMut(Decoded<'_>);

/// Outcome of one step of a decoding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    More,
    /// End of the file.
    Ended,
}

/// Decoder of a file, by steps of a block of samples or a packet.
pub(crate) trait Decoding: Send {
    /// Decodes the next block; blocks until its bytes have arrived.
    ///
    /// # Errors
    /// The reason why the file cannot be decoded further; earlier samples stay valid.
    fn step(&mut self, decoders: &Decoders, out: Out<'_>) -> Result<Step, String>;
}

/// Bytes of a file that is being received.
pub(crate) trait Bytes: Read + Send + 'static {
    /// Returns another reader of the same bytes, from the first one on, if all bytes are kept.
    fn again(&self) -> Option<AudioReader>;
}

/// Source that is read once.
struct Once<R>(R);

impl<R: Read> Read for Once<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.0.read(into)
    }
}

impl<R: Read + Send + 'static> Bytes for Once<R> {
    fn again(&self) -> Option<AudioReader> {
        None
    }
}

impl Decoders {
    /// Creates decoders of which `at_once` may use the processor at a time.
    #[must_use]
    pub fn new(at_once: usize) -> Self {
        Self {
            processor: Permits::new(at_once),
            whole: Arc::new(Budget::new(WHOLE_BYTES_MAX)),
            filters: Mutex::default(),
        }
    }

    /// Decodes a whole source on this thread, until `out` returns `Break`.
    ///
    /// # Errors
    /// The reason for an early end; samples passed to `out` stay valid.
    pub fn decode(
        &self,
        source: impl Read + Send + 'static,
        content_type: &str,
        out: &mut dyn FnMut(Decoded<'_>) -> ControlFlow<()>,
    ) -> Result<(), String> {
        let mut decoding = self.open(Once(source), content_type)?;
        let mut flow = ControlFlow::Continue(());
        loop {
            let step = decoding.step(self, &mut |decoded| {
                if flow.is_continue() {
                    flow = out(decoded);
                }
            });
            if step? == Step::Ended || flow.is_break() {
                return Ok(());
            }
        }
    }

    /// Reads the beginning of a file and returns its decoder.
    pub(crate) fn open(
        &self,
        mut source: impl Bytes,
        content_type: &str,
    ) -> Result<Box<dyn Decoding>, String> {
        let mut head = Vec::new();
        let read = riff::read_to(&mut source, &mut head, HEAD_BYTES);
        read.map_err(|error| error.to_string())?;
        let kind = Kind::of(&head, content_type);
        if kind == Kind::Aiff {
            riff::check_aiff(&mut source, &mut head).map_err(|error| error.to_string())?;
        }
        let again = source.again();
        let mut source = Cursor::new(head).chain(source);
        match kind {
            Kind::Wav => {
                skip(&mut source, 12)?;
                let wave = riff::wave(&mut source)?;
                let length = wave.length.unwrap_or(u64::MAX);
                open_wave(&wave, source.take(length))
            }
            Kind::Au => {
                let layout = au::layout(&mut source)?;
                plain::open(source, layout)
            }
            Kind::Telephone(coding) => plain::open(source, Layout::telephone(coding)),
            Kind::Gsm => Ok(gsm::open(source, 0, Packing::Frames)),
            Kind::Mp4 => match mp4::in_order(source, again, &self.whole)? {
                mp4::Ordered::Streamed(source) => library::open_once(source, Family::Mp4),
                mp4::Ordered::Kept(reader) => library::open_kept(reader, Family::Mp4),
                mp4::Ordered::Whole(whole) => library::open_whole(whole, Family::Mp4),
            },
            Kind::Aiff => library::open_once(source, Family::Aiff),
            Kind::Opus | Kind::Marked => library::open_once(source, Family::Marked),
            Kind::Other(name) => Err(found(name)),
        }
    }

    /// Waits for a permit for the processor, and returns the permit.
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

fn open_wave(
    wave: &Wave,
    samples: impl Read + Send + 'static,
) -> Result<Box<dyn Decoding>, String> {
    if let Some(layout) = wave.layout() {
        return plain::open(samples, layout);
    }
    match wave.format {
        // ADPCM of Microsoft and of the IMA.
        0x02 | 0x11 => {
            let whole = Cursor::new(wave.header()).chain(samples);
            library::open_once(whole, Family::Wav)
        }
        0x31 if wave.channels == 1 => Ok(gsm::open(samples, wave.rate, Packing::Pairs)),
        // MPEG audio in WAV: the frames have marks.
        0x50 | 0x55 => library::open_once(samples, Family::Marked),
        other => Err(found(&format!("WAV coding 0x{other:04x}"))),
    }
}

/// Returns an error text with the name of the content and the supported formats.
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
