//! Opus in Ogg (RFC 7845): one or two channels, decoded to mono.

use confab_codec::OpusDecoder;
use symphonia::core::codecs::audio::AudioCodecParameters;
use symphonia::core::codecs::audio::well_known::CODEC_ID_OPUS;
use symphonia::core::errors::Error;

use crate::decoder::found;

/// Samples of the longest packet, 120 ms at 48 kHz.
const PACKET_SAMPLES_MAX: usize = 5_760;
/// Minimum size of the head of a stream (RFC 7845 §5.1), in bytes.
const HEAD_BYTES: usize = 19;
const HEAD_MARK: &[u8] = b"OpusHead";

pub(crate) struct OggOpus {
    decoder: OpusDecoder,
    /// Number of samples at the beginning that are not played.
    pre_skip: usize,
    gain: f32,
    samples: Box<[i16; PACKET_SAMPLES_MAX]>,
}

impl OggOpus {
    pub(crate) const RATE: u32 = 48_000;

    /// Returns the decoder of a track; `None` if the track is not Opus.
    pub(crate) fn of(coding: &AudioCodecParameters) -> Result<Option<Self>, String> {
        if coding.codec != CODEC_ID_OPUS {
            return Ok(None);
        }
        let head = coding.extra_data.as_deref().unwrap_or_default();
        if head.len() < HEAD_BYTES || !head.starts_with(HEAD_MARK) {
            return Err(found("Opus without its head"));
        }
        let (channels, family) = (head[9], head[18]);
        if family != 0 || !(1..=2).contains(&channels) {
            return Err(found(&format!(
                "Opus of {channels} channels (mapping family {family})"
            )));
        }
        // In MP4, the numbers of the head are big-endian, and the version is 0.
        let number = match head[8] {
            0 => u16::from_be_bytes,
            _ => u16::from_le_bytes,
        };
        let gain = f32::from(number([head[16], head[17]]).cast_signed()) / 256.0;
        Ok(Some(Self {
            decoder: OpusDecoder::default(),
            pre_skip: number([head[10], head[11]]).into(),
            gain: 10_f32.powf(gain / 20.0),
            samples: Box::new([0; PACKET_SAMPLES_MAX]),
        }))
    }

    /// Decodes a packet into samples in -1..1.
    pub(crate) fn decode(&mut self, packet: &[u8], into: &mut Vec<f32>) -> Result<(), Error> {
        into.clear();
        let count = self.decoder.decode(packet, &mut self.samples[..]);
        if count == 0 {
            return Err(Error::DecodeError("a packet that is not Opus"));
        }
        let skipped = self.pre_skip.min(count);
        self.pre_skip -= skipped;
        let played = &self.samples[skipped..count];
        into.extend(played.iter().map(|s| f32::from(*s) / 32_768.0 * self.gain));
        Ok(())
    }
}
