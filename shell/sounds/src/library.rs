//! Decoding of files by symphonia, and of Opus packets in them, which symphonia does not decode.

use std::io::{self, Cursor, Read, Seek, SeekFrom};
use std::sync::{Mutex, PoisonError};

use symphonia::core::codecs::CodecParameters;
use symphonia::core::codecs::audio::well_known::{CODEC_ID_AAC, CODEC_ID_ALAC};
use symphonia::core::codecs::audio::{AudioDecoder, AudioDecoderOptions};
use symphonia::core::common::Limit;
use symphonia::core::errors::Error;
use symphonia::core::formats::probe::Hint;
use symphonia::core::formats::{FormatReader, TrackType};
use symphonia::core::io::{MediaSource, MediaSourceStream, MediaSourceStreamOptions};
use symphonia::core::meta::MetadataOptions;
use symphonia::core::packet::Packet;

use crate::decoder::{Decoders, Decoding, Out, Step, found};
use crate::limits::{BROKEN_PACKETS_MAX, TAG_BYTES_MAX};
use crate::mixdown::Mixdown;
use crate::ogg_opus::OggOpus;
use crate::pipe::AudioReader;
use crate::probes;

pub(crate) use crate::probes::Family;

/// Source that is read once, front to back, possibly while it arrives.
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

/// File that is kept, and readable from any position.
struct Kept(Mutex<AudioReader>);

impl Read for Kept {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let reader = self.0.get_mut().unwrap_or_else(PoisonError::into_inner);
        reader.read(into)
    }
}

impl Seek for Kept {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let reader = self.0.get_mut().unwrap_or_else(PoisonError::into_inner);
        reader.seek(to)
    }
}

impl MediaSource for Kept {
    fn is_seekable(&self) -> bool {
        true
    }

    fn byte_len(&self) -> Option<u64> {
        let reader = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Some(reader.len() as u64)
    }
}

/// Returns the decoder of a source that is being received.
pub(crate) fn open_once(
    source: impl Read + Send + 'static,
    family: Family,
) -> Result<Box<dyn Decoding>, String> {
    open(Box::new(Once(Mutex::new(source))), family)
}

/// Returns the decoder of a file that was received and is kept.
pub(crate) fn open_kept(reader: AudioReader, family: Family) -> Result<Box<dyn Decoding>, String> {
    open(Box::new(Kept(Mutex::new(reader))), family)
}

/// Returns the decoder of a file in memory.
pub(crate) fn open_whole(
    whole: impl AsRef<[u8]> + Send + Sync + 'static,
    family: Family,
) -> Result<Box<dyn Decoding>, String> {
    open(Box::new(Cursor::new(whole)), family)
}

fn open(source: Box<dyn MediaSource>, family: Family) -> Result<Box<dyn Decoding>, String> {
    let stream = MediaSourceStream::new(source, MediaSourceStreamOptions::default());
    let tags = MetadataOptions::default()
        .limit_tag_bytes(Limit::Maximum(TAG_BYTES_MAX))
        .limit_visual_bytes(Limit::Maximum(TAG_BYTES_MAX));
    let probe = probes::probe(family);
    let format = probe.probe(&Hint::new(), stream, Default::default(), tags);
    let format = format.map_err(|error| unknown(&error))?;
    let (id, decoder) = track(format.as_ref())?;
    Ok(Box::new(Packets {
        format,
        id,
        decoder,
        mixdown: Mixdown::default(),
        interleaved: Vec::new(),
        broken: 0,
    }))
}

/// Decoder of a track.
enum Decoder {
    Library(Box<dyn AudioDecoder>),
    Opus(OggOpus),
}

/// Returns the id of the track to play, and its decoder.
fn track(format: &dyn FormatReader) -> Result<(u32, Decoder), String> {
    let track = format.default_track(TrackType::Audio);
    let track = track.ok_or_else(|| found("no audio track that can be decoded"))?;
    let coding = track.codec_params.as_ref().and_then(CodecParameters::audio);
    let coding = coding.ok_or("its audio is in a coding that is not known")?;
    if let Some(opus) = OggOpus::of(coding)? {
        return Ok((track.id, Decoder::Opus(opus)));
    }
    let codecs = symphonia::default::get_codecs();
    let decoder = codecs.make_audio_decoder(coding, &AudioDecoderOptions::default());
    let decoder = decoder.map_err(|error| {
        if coding.codec == CODEC_ID_AAC {
            return found(&format!("HE-AAC or another AAC than AAC-LC ({error})"));
        }
        if coding.codec == CODEC_ID_ALAC {
            return found("ALAC in MP4");
        }
        unknown(&error)
    })?;
    Ok((track.id, Decoder::Library(decoder)))
}

/// Decoder of the packets of a track.
struct Packets {
    format: Box<dyn FormatReader>,
    id: u32,
    decoder: Decoder,
    mixdown: Mixdown,
    interleaved: Vec<f32>,
    /// Number of consecutive packets that could not be decoded.
    broken: u32,
}

impl Decoding for Packets {
    fn step(&mut self, decoders: &Decoders, out: Out<'_>) -> Result<Step, String> {
        let packet = match self.format.next_packet() {
            Ok(Some(packet)) => packet,
            Ok(None) => return Ok(self.ended(out)),
            // A truncated file ends without an error.
            Err(Error::IoError(error)) if error.kind() == io::ErrorKind::UnexpectedEof => {
                return Ok(self.ended(out));
            }
            // Another stream follows the first one (chained, RFC 3533).
            Err(Error::ResetRequired) => {
                (self.id, self.decoder) = track(self.format.as_ref())?;
                return Ok(Step::More);
            }
            Err(error) => {
                self.mixdown.finish(out);
                return Err(error.to_string());
            }
        };
        while !self.format.metadata().is_latest() {
            self.format.metadata().pop();
        }
        if packet.track_id != self.id {
            return Ok(Step::More);
        }
        match self.one(decoders, &packet) {
            Ok(()) => self.broken = 0,
            Err(Error::DecodeError(_) | Error::IoError(_)) if self.broken < BROKEN_PACKETS_MAX => {
                self.broken += 1;
            }
            Err(error) => {
                self.mixdown.finish(out);
                return Err(error.to_string());
            }
        }
        self.mixdown.hand_on(out);
        Ok(Step::More)
    }
}

impl Packets {
    fn ended(&mut self, out: Out<'_>) -> Step {
        self.mixdown.finish(out);
        Step::Ended
    }

    fn one(&mut self, decoders: &Decoders, packet: &Packet) -> Result<(), Error> {
        let _turn = decoders.turn();
        let (rate, channels) = match &mut self.decoder {
            Decoder::Library(decoder) => {
                let decoded = decoder.decode(packet)?;
                decoded.copy_to_vec_interleaved(&mut self.interleaved);
                (decoded.spec().rate(), decoded.num_planes())
            }
            Decoder::Opus(decoder) => {
                decoder.decode(&packet.data, &mut self.interleaved)?;
                (OggOpus::RATE, 1)
            }
        };
        let mixed = self
            .mixdown
            .push(decoders, rate, channels, &self.interleaved);
        mixed.map_err(Error::Unsupported)
    }
}

fn unknown(error: &Error) -> String {
    tracing::debug!(%error, "audio that cannot be decoded");
    found("nothing that can be decoded as audio")
}
