//! Files that symphonia reads, and the Opus packets in them, which it does not decode.

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

use crate::decoder::{Decoders, Out, found};
use crate::limits::{BROKEN_PACKETS_MAX, TAG_BYTES_MAX};
use crate::mixdown::Mixdown;
use crate::ogg_opus::OggOpus;
use crate::probes;

pub(crate) use crate::probes::Family;

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

/// Decodes a source that arrives.
pub(crate) fn decode_once(
    decoders: &Decoders,
    source: impl Read + Send + 'static,
    family: Family,
    out: Out<'_>,
) -> Result<(), String> {
    decode(decoders, Box::new(Once(Mutex::new(source))), family, out)
}

/// Decodes a file that is there.
pub(crate) fn decode_whole(
    decoders: &Decoders,
    whole: impl AsRef<[u8]> + Send + Sync + 'static,
    family: Family,
    out: Out<'_>,
) -> Result<(), String> {
    decode(decoders, Box::new(Cursor::new(whole)), family, out)
}

fn decode(
    decoders: &Decoders,
    source: Box<dyn MediaSource>,
    family: Family,
    out: Out<'_>,
) -> Result<(), String> {
    let stream = MediaSourceStream::new(source, MediaSourceStreamOptions::default());
    let tags = MetadataOptions::default()
        .limit_tag_bytes(Limit::Maximum(TAG_BYTES_MAX))
        .limit_visual_bytes(Limit::Maximum(TAG_BYTES_MAX));
    let probe = probes::probe(family);
    let format = probe.probe(&Hint::new(), stream, Default::default(), tags);
    let mut format = format.map_err(|error| unknown(&error))?;
    let (id, decoder) = track(format.as_ref())?;
    let mut run = Run {
        decoders,
        decoder,
        mixdown: Mixdown::new(decoders),
        interleaved: Vec::new(),
    };
    run.all(format.as_mut(), id, out)
}

/// Decoder of a track.
enum Decoder {
    Library(Box<dyn AudioDecoder>),
    Opus(OggOpus),
}

/// The track to play, and its decoder.
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

struct Run<'a> {
    decoders: &'a Decoders,
    decoder: Decoder,
    mixdown: Mixdown<'a>,
    interleaved: Vec<f32>,
}

impl Run<'_> {
    fn all(
        &mut self,
        format: &mut dyn FormatReader,
        mut id: u32,
        out: Out<'_>,
    ) -> Result<(), String> {
        let mut broken = 0;
        loop {
            let packet = match format.next_packet() {
                Ok(Some(packet)) => packet,
                Ok(None) => break,
                // A file that is cut short ends there, without fuss.
                Err(Error::IoError(error)) if error.kind() == io::ErrorKind::UnexpectedEof => break,
                // Another stream begins where the first one ended (RFC 3533, chained).
                Err(Error::ResetRequired) => {
                    (id, self.decoder) = track(format)?;
                    continue;
                }
                Err(error) => {
                    self.mixdown.finish(out);
                    return Err(error.to_string());
                }
            };
            while !format.metadata().is_latest() {
                format.metadata().pop();
            }
            if packet.track_id != id {
                continue;
            }
            match self.one(&packet) {
                Ok(()) => broken = 0,
                Err(Error::DecodeError(_) | Error::IoError(_)) if broken < BROKEN_PACKETS_MAX => {
                    broken += 1;
                }
                Err(error) => {
                    self.mixdown.finish(out);
                    return Err(error.to_string());
                }
            }
            if self.mixdown.hand_on(out).is_break() {
                return Ok(());
            }
        }
        self.mixdown.finish(out);
        Ok(())
    }

    fn one(&mut self, packet: &Packet) -> Result<(), Error> {
        let _turn = self.decoders.turn();
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
        let mixed = self.mixdown.push(rate, channels, &self.interleaved);
        mixed.map_err(Error::Unsupported)
    }
}

fn unknown(error: &Error) -> String {
    tracing::debug!(%error, "audio that cannot be decoded");
    found("nothing that can be decoded as audio")
}
