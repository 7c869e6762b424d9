//! Opus (RFC 6716), mono at 48 kHz. The library's own state is a cache beside our fields, there
//! only while it is needed: what is without it, or was read back, begins anew, which a phone hears
//! as one frame lost at most.

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
/// What the library does not count, 50 times a second: a packet's head of a byte, and two bits
/// more, by which it runs ahead.
const HEADS_BITS: u32 = 500;
/// A packet of more is not kept: 20 ms at 128,000 bit/s.
const BEFORE_BYTES_MAX: usize = 320;

/// How we encode.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpusSettings {
    /// Bits a second, 6,000 to 128,000.
    pub bit_rate: u32,
    /// 0 (cheap) to 10.
    pub complexity: u8,
}

impl OpusSettings {
    /// The same within a phone's limit.
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

/// A voice on its way out.
#[derive(Serialize, Deserialize)]
pub struct OpusEncoder {
    settings: OpusSettings,
    #[serde(skip)]
    cache: Option<Box<opus_rs::OpusEncoder>>,
}

impl OpusEncoder {
    /// A stream that was silent so far. Takes its memory with its first frame, unless it is lent
    /// some before.
    #[must_use]
    pub fn new(settings: OpusSettings) -> Self {
        Self {
            settings,
            cache: None,
        }
    }

    /// Sees to it that the next frame takes no memory.
    pub fn equip(&mut self, spares: &mut OpusSpares) {
        if self.cache.is_none() {
            self.cache = spares.encoders.lend(|| Self::made(self.settings));
        }
    }

    /// Gives back what it does not need for now, and forgets what it said.
    pub fn release(&mut self, spares: &mut OpusSpares) {
        spares.encoders.keep(self.cache.take());
    }

    fn made(settings: OpusSettings) -> Option<opus_rs::OpusEncoder> {
        // The transform alone (CELT): half the delay and a quarter of the work of what is made
        // for narrow lines, and as good from 24 kbit/s on. Below 20 the library would choose the
        // other by itself, and send 24 whatever it is told.
        let application = Application::RestrictedLowDelay;
        let mut encoder = opus_rs::OpusEncoder::new(RATE, 1, application).ok()?;
        encoder.bitrate_bps = (settings.bit_rate.clamp(6_000, 128_000) - HEADS_BITS) as i32;
        encoder.complexity = i32::from(settings.complexity.min(10));
        Some(encoder)
    }

    /// Writes a packet of 20 ms and says how long it is; 0 if there was no room for it.
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

/// A voice on its way in. Takes its memory with its first packet, unless it is lent some before.
#[derive(Serialize, Deserialize)]
pub struct OpusDecoder {
    /// The packet that was decoded last: what a new cache is led in by.
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

    /// Sees to it that the next packet takes no memory.
    pub fn equip(&mut self, spares: &mut OpusSpares) {
        if self.cache.is_none() {
            self.cache = spares.decoders.lend(Self::made);
            self.lead_in();
        }
    }

    /// Gives back what it does not need for now, and forgets all but the last packet.
    pub fn release(&mut self, spares: &mut OpusSpares) {
        spares.decoders.keep(self.cache.take());
    }

    /// Whether the next packet takes no memory.
    #[must_use]
    pub fn is_equipped(&self) -> bool {
        self.cache.is_some()
    }

    /// A frame is told by how it differs from the one before.
    fn lead_in(&mut self) {
        let mut unheard = [0.0; SAMPLES_MAX];
        if let Some(samples) = opus_samples(&self.before)
            && let Some(library) = &mut self.cache
        {
            // What it makes of it is heard by nobody, be it an error.
            let led_in = guard(|| library.decode(&self.before, samples, &mut unheard[..samples]));
            if led_in.is_none() {
                self.before.clear();
                self.cache = Self::made().map(Box::new);
            }
        }
    }

    /// Decodes a packet and says how many samples it held; 0 if it is not Opus.
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
            self.cache = Self::made().map(Box::new);
            self.lead_in();
        }
        let mut pcm = [0.0_f32; SAMPLES_MAX];
        let Some(decoder) = &mut self.cache else {
            return 0;
        };
        let decoded = guard(|| decode(decoder, samples, &mut pcm[..samples]));
        if decoded.is_none() {
            // Begins anew, without the packet before.
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
    fn panic_of_the_library_costs_one_frame() {
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
