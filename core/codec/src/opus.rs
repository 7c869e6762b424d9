//! Opus (RFC 6716), mono at 48 kHz. The library's own state is a cache beside our fields: what is
//! written out and read back begins anew, which a phone hears as one frame lost at most.

mod packet;

pub use packet::opus_samples;

use confab_terms::Rate;
use opus_rs::Application;
use serde::{Deserialize, Serialize};

use crate::PAYLOAD_BYTES_MAX;
use packet::SAMPLES_MAX;

const RATE: i32 = Rate::Hz48000.hz() as i32;

/// How we encode.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpusSettings {
    /// Bits a second, 6,000 to 128,000.
    pub bit_rate: u32,
    /// 0 (cheap) to 10.
    pub complexity: u8,
}

impl Default for OpusSettings {
    fn default() -> Self {
        Self {
            bit_rate: 32_000,
            complexity: 5,
        }
    }
}

/// A voice on its way out.
#[derive(Serialize, Deserialize)]
pub struct OpusEncoder {
    settings: OpusSettings,
    #[serde(skip)]
    cache: Option<Box<opus_rs::OpusEncoder>>,
}

impl OpusEncoder {
    /// A stream that was silent so far.
    #[must_use]
    pub fn new(settings: OpusSettings) -> Self {
        let mut new = Self {
            settings,
            cache: None,
        };
        new.cache = new.made();
        new
    }

    fn made(&self) -> Option<Box<opus_rs::OpusEncoder>> {
        // The transform alone (CELT): half the delay and a quarter of the work of what is made
        // for narrow lines, and as good from 24 kbit/s on.
        let mut encoder = opus_rs::OpusEncoder::new(RATE, 1, Application::Audio).ok()?;
        encoder.bitrate_bps = self.settings.bit_rate.clamp(6_000, 128_000) as i32;
        encoder.complexity = i32::from(self.settings.complexity.min(10));
        Some(Box::new(encoder))
    }

    /// Writes a packet of 20 ms and says how long it is; 0 if there was no room for it.
    pub fn encode(&mut self, samples: &[i16], out: &mut [u8]) -> usize {
        if self.cache.is_none() {
            self.cache = self.made();
        }
        let room = out.len().min(PAYLOAD_BYTES_MAX);
        let Some(encoder) = &mut self.cache else {
            return 0;
        };
        encoder
            .encode_i16(samples, samples.len(), &mut out[..room])
            .unwrap_or(0)
    }
}

type Library = opus_rs::OpusDecoder;

/// A voice on its way in.
#[derive(Serialize, Deserialize)]
pub struct OpusDecoder {
    #[serde(skip)]
    cache: Option<Box<opus_rs::OpusDecoder>>,
}

impl Default for OpusDecoder {
    fn default() -> Self {
        Self {
            cache: Self::made(),
        }
    }
}

impl OpusDecoder {
    fn made() -> Option<Box<opus_rs::OpusDecoder>> {
        opus_rs::OpusDecoder::new(RATE, 1).ok().map(Box::new)
    }

    /// Decodes a packet and says how many samples it held; 0 if it is not Opus.
    pub fn decode(&mut self, packet: &[u8], out: &mut [i16]) -> usize {
        let Some(samples) = opus_samples(packet) else {
            return 0;
        };
        self.run(samples, out, |decoder, samples, pcm| {
            decoder.decode(packet, samples, pcm)
        })
    }

    /// Makes up so many samples (whole 2.5 ms) for a packet that is lost.
    pub fn conceal(&mut self, samples: usize, out: &mut [i16]) -> usize {
        self.run(samples, out, |decoder, samples, pcm| {
            decoder.decode(&[], samples, pcm)
        })
    }

    /// Makes so many samples of what came just before `next`, from what it carries of that, if it
    /// does (in-band FEC). `next` itself is to be decoded after it.
    pub fn recover(&mut self, next: &[u8], samples: usize, out: &mut [i16]) -> usize {
        self.run(samples, out, |decoder, samples, pcm| {
            decoder.decode_fec(next, samples, pcm)
        })
    }

    fn run(
        &mut self,
        samples: usize,
        out: &mut [i16],
        decode: impl FnOnce(&mut Library, usize, &mut [f32]) -> Result<usize, &'static str>,
    ) -> usize {
        if samples == 0 || samples > out.len().min(SAMPLES_MAX) {
            return 0;
        }
        if self.cache.is_none() {
            self.cache = Self::made();
        }
        let mut pcm = [0.0_f32; SAMPLES_MAX];
        let Some(decoder) = &mut self.cache else {
            return 0;
        };
        let decoded = decode(decoder, samples, &mut pcm[..samples]).unwrap_or(0);
        for (out, &sample) in out.iter_mut().zip(&pcm[..decoded.min(samples)]) {
            // The cast saturates.
            *out = (sample * 32_768.0).round_ties_even() as i16;
        }
        decoded.min(samples)
    }
}

// The library's state is not ours to compare, copy or show.

impl Clone for OpusEncoder {
    fn clone(&self) -> Self {
        Self::new(self.settings)
    }
}

impl PartialEq for OpusEncoder {
    fn eq(&self, other: &Self) -> bool {
        self.settings == other.settings
    }
}

impl std::fmt::Debug for OpusEncoder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "OpusEncoder({:?})", self.settings)
    }
}

impl Clone for OpusDecoder {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl PartialEq for OpusDecoder {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl std::fmt::Debug for OpusDecoder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("OpusDecoder")
    }
}
