//! Opus (RFC 6716), mono at 48 kHz. The library's state is a cache, present only while needed.
//! Without a cache, or after deserialization, a codec starts anew; a phone hears at most one lost
//! frame.

mod packet;
mod spares;

pub use packet::{opus_is_silent, opus_samples};
pub use spares::OpusSpares;

use confab_terms::{OpusLimit, Rate};
use opus_rs::Application;
use serde::{Deserialize, Serialize};

use crate::PAYLOAD_BYTES_MAX;
use crate::guard::guard;
use packet::SAMPLES_MAX;

type Library = opus_rs::OpusDecoder;

const RATE: i32 = Rate::Hz48000.hz() as i32;
/// Bit rate that the library does not count: 50 times a second, a header byte and an excess of two
/// bits per packet.
const HEADS_BITS: u32 = 500;
/// Maximum length of a stored packet: 20 ms at 128,000 bit/s.
const BEFORE_BYTES_MAX: usize = 320;

/// Settings of the encoder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpusSettings {
    /// Bit rate, 6,000 to 128,000 bit/s.
    pub bit_rate: u32,
    /// Complexity, 0 (cheap) to 10.
    pub complexity: u8,
}

impl OpusSettings {
    /// Returns the settings reduced to a phone's bit rate limit.
    #[must_use]
    pub fn within(self, limit: OpusLimit) -> Self {
        Self {
            bit_rate: self.bit_rate.min(limit.bit_rate()),
            ..self
        }
    }
}

impl Default for OpusSettings {
    fn default() -> Self {
        Self {
            bit_rate: 32_000,
            complexity: 5,
        }
    }
}

/// Opus encoder.
#[derive(Serialize, Deserialize)]
pub struct OpusEncoder {
    settings: OpusSettings,
    #[serde(skip)]
    cache: Option<Box<opus_rs::OpusEncoder>>,
}

impl OpusEncoder {
    /// Creates the encoder of a stream that was silent so far. The first frame allocates memory
    /// unless `equip` has lent an encoder.
    #[must_use]
    pub fn new(settings: OpusSettings) -> Self {
        Self {
            settings,
            cache: None,
        }
    }

    /// Takes a spare encoder, so that the next frame allocates no memory.
    pub fn equip(&mut self, spares: &mut OpusSpares) {
        if self.cache.is_none() {
            self.cache = spares.encoders.lend(|| Self::made(self.settings));
        }
    }

    /// Gives the library's encoder back and loses the history.
    pub fn release(&mut self, spares: &mut OpusSpares) {
        spares.encoders.keep(self.cache.take());
    }

    fn made(settings: OpusSettings) -> Option<opus_rs::OpusEncoder> {
        // Transform mode only (CELT): half the delay and a quarter of the work of the modes for
        // narrow lines. The quality is equal from 24 kbit/s on. Below 20 kbit/s the library would
        // choose the other mode by itself and send 24 kbit/s regardless of the setting.
        let application = Application::RestrictedLowDelay;
        let mut encoder = opus_rs::OpusEncoder::new(RATE, 1, application).ok()?;
        encoder.bitrate_bps = (settings.bit_rate.clamp(6_000, 128_000) - HEADS_BITS) as i32;
        encoder.complexity = i32::from(settings.complexity.min(10));
        Some(encoder)
    }

    /// Encodes a packet of 20 ms. Returns the number of bytes; 0 if there is no room.
    pub fn encode(&mut self, samples: &[i16], out: &mut [u8]) -> usize {
        if self.cache.is_none() {
            self.cache = Self::made(self.settings).map(Box::new);
        }
        let room = out.len().min(PAYLOAD_BYTES_MAX);
        let Some(encoder) = &mut self.cache else {
            return 0;
        };
        let encoded = guard(|| encoder.encode_i16(samples, samples.len(), &mut out[..room]));
        if encoded.is_none() {
            self.cache = None;
        }
        encoded.and_then(Result::ok).unwrap_or(0)
    }
}

/// Opus decoder. The first packet allocates memory unless `equip` has lent a decoder.
#[derive(Serialize, Deserialize)]
pub struct OpusDecoder {
    /// Last decoded packet, which primes a new cache.
    before: Vec<u8>,
    #[serde(skip)]
    cache: Option<Box<Library>>,
}

impl Default for OpusDecoder {
    fn default() -> Self {
        Self {
            before: Vec::with_capacity(BEFORE_BYTES_MAX),
            cache: None,
        }
    }
}

impl OpusDecoder {
    fn made() -> Option<Library> {
        Library::new(RATE, 1).ok()
    }

    /// Takes a spare decoder, so that the next packet allocates no memory.
    pub fn equip(&mut self, spares: &mut OpusSpares) {
        if self.cache.is_none() {
            self.cache = spares.decoders.lend(Self::made);
            self.lead_in();
        }
    }

    /// Gives the library's decoder back and loses all history except for the last packet.
    pub fn release(&mut self, spares: &mut OpusSpares) {
        spares.decoders.keep(self.cache.take());
    }

    /// Returns whether the next packet can be decoded without an allocation.
    #[must_use]
    pub fn is_equipped(&self) -> bool {
        self.cache.is_some()
    }

    /// Primes a new decoder with the last packet, since frames are coded relative to their
    /// predecessor.
    fn lead_in(&mut self) {
        let mut unheard = [0.0; SAMPLES_MAX];
        if let Some(samples) = opus_samples(&self.before)
            && let Some(library) = &mut self.cache
        {
            // The output is discarded, errors included.
            let led_in = guard(|| library.decode(&self.before, samples, &mut unheard[..samples]));
            if led_in.is_none() {
                self.before.clear();
                self.cache = Self::made().map(Box::new);
            }
        }
    }

    /// Decodes a packet. Returns the number of samples; 0 if the packet is not Opus.
    pub fn decode(&mut self, packet: &[u8], out: &mut [i16]) -> usize {
        let Some(samples) = opus_samples(packet) else {
            return 0;
        };
        let decoded = self.run(samples, out, |decoder, samples, pcm| {
            decoder.decode(packet, samples, pcm)
        });
        self.before.clear();
        if packet.len() <= BEFORE_BYTES_MAX && self.is_equipped() {
            self.before.extend_from_slice(packet);
        }
        decoded
    }

    /// Conceals `samples` samples of a lost packet, a multiple of 2.5 ms. Returns the number of
    /// samples written.
    pub fn conceal(&mut self, samples: usize, out: &mut [i16]) -> usize {
        self.run(samples, out, |decoder, samples, pcm| {
            decoder.decode(&[], samples, pcm)
        })
    }

    /// Recovers `samples` samples before `next` from the in-band FEC of `next`, if any. `next`
    /// itself has to be decoded afterwards. Returns the number of samples written.
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
            self.cache = Self::made().map(Box::new);
            self.lead_in();
        }
        let mut pcm = [0.0_f32; SAMPLES_MAX];
        let Some(decoder) = &mut self.cache else {
            return 0;
        };
        let decoded = guard(|| decode(decoder, samples, &mut pcm[..samples]));
        if decoded.is_none() {
            // The decoder starts anew, without the previous packet.
            self.cache = None;
            self.before.clear();
        }
        let decoded = decoded.and_then(Result::ok).unwrap_or(0);
        for (out, &sample) in out.iter_mut().zip(&pcm[..decoded.min(samples)]) {
            // The cast saturates.
            *out = (sample * 32_768.0).round_ties_even() as i16;
        }
        decoded.min(samples)
    }
}

// The library's state is excluded from comparison, cloning and debug output.

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
        let mut clone = Self::default();
        clone.before.extend_from_slice(&self.before);
        clone
    }
}

impl PartialEq for OpusDecoder {
    fn eq(&self, other: &Self) -> bool {
        self.before == other.before
    }
}

impl std::fmt::Debug for OpusDecoder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("OpusDecoder")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec_panics;

    #[test]
    fn library_panic_costs_one_frame() {
        let mut encoder = OpusEncoder::new(OpusSettings::default());
        let sine: Vec<i16> = (0..960)
            .map(|n| (8_000.0 * (f64::from(n) * 0.1).sin()) as i16)
            .collect();
        let mut packet = [0; PAYLOAD_BYTES_MAX];
        let length = encoder.encode(&sine, &mut packet);
        let packet = &packet[..length];
        let (mut decoder, mut samples) = (OpusDecoder::default(), [0; 960]);
        assert_eq!(decoder.decode(packet, &mut samples), 960);
        let before = codec_panics();
        let decoded = decoder.run(960, &mut samples, |_, _, _| panic!("on purpose"));
        assert_eq!(decoded, 0);
        assert_eq!(codec_panics(), before + 1);
        assert!(!decoder.is_equipped() && decoder.before.is_empty());
        for _ in 0..5 {
            assert_eq!(decoder.decode(packet, &mut samples), 960);
        }
        let peak = samples.iter().map(|sample| sample.unsigned_abs()).max();
        assert!(peak > Some(4_000), "{peak:?}");
        assert_eq!(codec_panics(), before + 1);
    }
}
