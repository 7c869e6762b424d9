//! Bytes to samples at 8 and at 16 kHz, mono, as they come. The formats are symphonia's; the
//! limits and the judgement of what is broken beyond use are ours.

use std::io::{self, Read, Seek, SeekFrom};
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, PoisonError};

use confab_terms::Rate;
use symphonia::core::codecs::audio::{AudioDecoder, AudioDecoderOptions};
use symphonia::core::common::Limit;
use symphonia::core::errors::Error;
use symphonia::core::formats::probe::Hint;
use symphonia::core::formats::{FormatReader, TrackType};
use symphonia::core::io::{MediaSource, MediaSourceStream, MediaSourceStreamOptions};
use symphonia::core::meta::MetadataOptions;
use symphonia::core::packet::Packet;

use crate::limits::{
    BROKEN_PACKETS_MAX, CHANNELS_MAX, FILTERS_MAX, RATE_MAX, RATE_MIN, TAG_BYTES_MAX,
};
use crate::permits::Permits;
use crate::resampler::{Filter, Resampler};
use crate::{probes, riff, telephone};

/// A source that is read once, front to back, perhaps while it still arrives.
struct Once<R>(Mutex<R>);

impl<R: Read> Read for Once<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.0
            .get_mut()
            .unwrap_or_else(PoisonError::into_inner)
            .read(into)
    }
}

impl<R> Seek for Once<R> {
    fn seek(&mut self, _: SeekFrom) -> io::Result<u64> {
        Err(io::ErrorKind::Unsupported.into())
    }
}

impl<R: Read + Send> MediaSource for Once<R> {
    fn is_seekable(&self) -> bool {
        false
    }

    fn byte_len(&self) -> Option<u64> {
        None
    }
}

/// What decoders share: turns at the processor, and the filters used last.
#[derive(Debug)]
pub struct Decoders {
    processor: Permits,
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
type Out<'a> = &'a mut dyn FnMut(Decoded<'_>) -> ControlFlow<()>;

impl Decoders {
    /// So many of them may use the processor at once.
    #[must_use]
    pub fn new(at_once: usize) -> Self {
        Self {
            processor: Permits::new(at_once),
            filters: Mutex::default(),
        }
    }

    /// Decodes all of it, on this thread, until `out` has had enough.
    ///
    /// # Errors
    /// Why it ended early; what came out before stays good.
    pub fn decode(
        &self,
        source: impl Read + Send + 'static,
        content_type: &str,
        out: Out<'_>,
    ) -> Result<(), String> {
        if telephone::is_telephone(content_type) {
            return self.decode_telephone(source, out);
        }
        let mended = riff::mended(source).map_err(|error| error.to_string())?;
        let (source, is_of_chunks) = mended;
        let source = Box::new(Once(Mutex::new(source)));
        let options = MediaSourceStreamOptions::default();
        let stream = MediaSourceStream::new(source, options);
        let mut hint = Hint::new();
        if content_type.starts_with("audio/") {
            hint.mime_type(content_type);
        }
        let tags = MetadataOptions::default()
            .limit_tag_bytes(Limit::Maximum(TAG_BYTES_MAX))
            .limit_visual_bytes(Limit::Maximum(TAG_BYTES_MAX));
        let probe = probes::probe(is_of_chunks);
        let format = probe.probe(&hint, stream, Default::default(), tags);
        let mut format = format.map_err(|error| not_audio(&error))?;
        let track = format
            .default_track(TrackType::Audio)
            .ok_or("there is no audio in it")?;
        let id = track.id;
        let coding = track
            .codec_params
            .as_ref()
            .and_then(|params| params.audio());
        let coding = coding.ok_or("its audio is in a coding that is not known")?;
        let codecs = symphonia::default::get_codecs();
        let decoder = codecs.make_audio_decoder(coding, &AudioDecoderOptions::default());
        let decoder = decoder.map_err(|error| not_audio(&error))?;
        let mut run = Run {
            decoders: self,
            decoder,
            resamplers: None,
            mono: Vec::new(),
            interleaved: Vec::new(),
            narrow: Vec::new(),
            wide: Vec::new(),
        };
        run.all(format.as_mut(), id, out)
    }

    fn decode_telephone(&self, mut source: impl Read, out: Out<'_>) -> Result<(), String> {
        let mut bytes = [0; 8_000];
        let mut resampler = self.resampler(Rate::Hz8000.hz(), Rate::Hz8000);
        let mut samples = Vec::new();
        loop {
            let count = source.read(&mut bytes).map_err(|error| error.to_string())?;
            if count == 0 {
                return Ok(());
            }
            let expanded: Vec<f32> = bytes[..count]
                .iter()
                .map(|byte| telephone::expand(*byte))
                .collect();
            samples.clear();
            resampler.push(&expanded, &mut samples);
            let decoded = Decoded {
                narrow: &samples,
                wide: None,
            };
            if out(decoded).is_break() {
                return Ok(());
            }
        }
    }

    fn resampler(&self, rate: u32, to: Rate) -> Resampler {
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

struct Run<'a> {
    decoders: &'a Decoders,
    decoder: Box<dyn AudioDecoder>,
    resamplers: Option<Resamplers>,
    interleaved: Vec<f32>,
    mono: Vec<f32>,
    narrow: Vec<i16>,
    wide: Vec<i16>,
}

/// From one rate of the source.
struct Resamplers {
    rate: u32,
    narrow: Resampler,
    /// What begins narrow stays so.
    wide: Option<Resampler>,
}

impl Run<'_> {
    fn all(&mut self, format: &mut dyn FormatReader, id: u32, out: Out<'_>) -> Result<(), String> {
        let mut broken = 0;
        loop {
            let packet = match format.next_packet() {
                Ok(Some(packet)) => packet,
                Ok(None) => break,
                // A file that is cut short ends there, without fuss.
                Err(Error::IoError(error)) if error.kind() == io::ErrorKind::UnexpectedEof => break,
                Err(error) => {
                    self.finish(out);
                    return Err(error.to_string());
                }
            };
            while !format.metadata().is_latest() {
                format.metadata().pop();
            }
            if packet.track_id != id {
                continue;
            }
            self.narrow.clear();
            self.wide.clear();
            match self.one(&packet) {
                Ok(()) => broken = 0,
                Err(Error::DecodeError(_) | Error::IoError(_)) if broken < BROKEN_PACKETS_MAX => {
                    broken += 1;
                }
                Err(error) => {
                    self.finish(out);
                    return Err(error.to_string());
                }
            }
            let any = !(self.narrow.is_empty() && self.wide.is_empty());
            if any && out(self.decoded()).is_break() {
                return Ok(());
            }
        }
        self.finish(out);
        Ok(())
    }

    fn decoded(&self) -> Decoded<'_> {
        let is_wide = self.resamplers.as_ref().is_some_and(Resamplers::is_wide);
        Decoded {
            narrow: &self.narrow,
            wide: is_wide.then_some(&self.wide),
        }
    }

    /// Decodes one packet into `narrow` and `wide`.
    fn one(&mut self, packet: &Packet) -> Result<(), Error> {
        let _turn = self.decoders.processor.take();
        let decoded = self.decoder.decode(packet)?;
        let rate = decoded.spec().rate();
        let channels = decoded.num_planes();
        if !(RATE_MIN..=RATE_MAX).contains(&rate) {
            return Err(Error::Unsupported("a sampling rate out of all measure"));
        }
        if channels == 0 || channels > CHANNELS_MAX {
            return Err(Error::Unsupported("more channels than can be mixed down"));
        }
        decoded.copy_to_vec_interleaved(&mut self.interleaved);
        let share = 1.0 / channels as f32;
        let frames = self.interleaved.chunks_exact(channels);
        self.mono.clear();
        self.mono
            .extend(frames.map(|frame| frame.iter().sum::<f32>() * share));
        // A stream may change its rate midway; the old one's rest comes out first.
        if self.resamplers.as_ref().is_none_or(|now| now.rate != rate) {
            let old = self.resamplers.take();
            let is_wide = old
                .as_ref()
                .map_or(rate > Rate::Hz8000.hz(), Resamplers::is_wide);
            if let Some(mut old) = old {
                old.finish(&mut self.narrow, &mut self.wide);
            }
            let to = |to| self.decoders.resampler(rate, to);
            self.resamplers = Some(Resamplers {
                rate,
                narrow: to(Rate::Hz8000),
                wide: is_wide.then(|| to(Rate::Hz16000)),
            });
        }
        if let Some(resamplers) = &mut self.resamplers {
            resamplers.push(&self.mono, &mut self.narrow, &mut self.wide);
        }
        Ok(())
    }

    /// What the filters still hold.
    fn finish(&mut self, out: Out<'_>) {
        self.narrow.clear();
        self.wide.clear();
        if let Some(resamplers) = &mut self.resamplers {
            resamplers.finish(&mut self.narrow, &mut self.wide);
            let _ended_anyway = out(self.decoded());
        }
    }
}

impl Resamplers {
    fn is_wide(&self) -> bool {
        self.wide.is_some()
    }

    fn push(&mut self, mono: &[f32], narrow: &mut Vec<i16>, wide: &mut Vec<i16>) {
        self.narrow.push(mono, narrow);
        if let Some(resampler) = &mut self.wide {
            resampler.push(mono, wide);
        }
    }

    fn finish(&mut self, narrow: &mut Vec<i16>, wide: &mut Vec<i16>) {
        self.narrow.finish(narrow);
        if let Some(resampler) = &mut self.wide {
            resampler.finish(wide);
        }
    }
}

fn not_audio(error: &Error) -> String {
    format!("not audio that can be decoded ({error}); WAV, AIFF, MP3 and Ogg Vorbis can")
}
