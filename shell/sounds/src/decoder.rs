//! Bytes to samples at 8 kHz, mono, as they come. The formats are symphonia's; the limits and the
//! judgement of what is broken beyond use are ours.

use std::io::{self, Read, Seek, SeekFrom};
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, PoisonError};

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

/// Takes samples at 8 kHz, mono, as they are decoded; says when it has had enough.
type Out<'a> = &'a mut dyn FnMut(&[i16]) -> ControlFlow<()>;

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
            resampler: None,
            mono: Vec::new(),
            interleaved: Vec::new(),
            samples: Vec::new(),
        };
        run.all(format.as_mut(), id, out)
    }

    fn decode_telephone(&self, mut source: impl Read, out: Out<'_>) -> Result<(), String> {
        let mut bytes = [0; 8_000];
        let mut resampler = Resampler::with(self.filter(8_000));
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
            if out(&samples).is_break() {
                return Ok(());
            }
        }
    }

    fn filter(&self, rate: u32) -> Arc<Filter> {
        let known =
            |filters: &[Arc<Filter>]| filters.iter().find(|one| one.rate() == rate).cloned();
        let lock = || self.filters.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(filter) = known(&lock()) {
            return filter;
        }
        let filter = Arc::new(Filter::new(rate));
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
    resampler: Option<(u32, Resampler)>,
    interleaved: Vec<f32>,
    mono: Vec<f32>,
    samples: Vec<i16>,
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
            self.samples.clear();
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
            if !self.samples.is_empty() && out(&self.samples).is_break() {
                return Ok(());
            }
        }
        self.finish(out);
        Ok(())
    }

    /// Decodes one packet into `samples`.
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
        if self
            .resampler
            .as_ref()
            .is_none_or(|(known, _)| *known != rate)
        {
            if let Some((_, mut old)) = self.resampler.take() {
                old.finish(&mut self.samples);
            }
            self.resampler = Some((rate, Resampler::with(self.decoders.filter(rate))));
        }
        if let Some((_, resampler)) = &mut self.resampler {
            resampler.push(&self.mono, &mut self.samples);
        }
        Ok(())
    }

    /// What the filter still holds.
    fn finish(&mut self, out: Out<'_>) {
        self.samples.clear();
        if let Some((_, resampler)) = &mut self.resampler {
            resampler.finish(&mut self.samples);
            let _ = out(&self.samples);
        }
    }
}

fn not_audio(error: &Error) -> String {
    format!("not audio that can be decoded ({error}); WAV, AIFF, MP3 and Ogg Vorbis can")
}
