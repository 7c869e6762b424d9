//! G.722 at 64 kbit/s (ITU-T G.722, mode 1): two bands of adaptive differential code, samples at 16
//! kHz, one byte for two samples. The whole state is plain numbers.

mod band;
mod mirror;
mod tables;

use serde::{Deserialize, Serialize};

use band::{High, Low};
use mirror::Mirror;

/// Limits a value to the 15 bits of a band.
fn limited(value: i32) -> i32 {
    value.clamp(-16_384, 16_383)
}

/// Saturates a value to 16 bits, as the recommendation's saturating operations do.
fn saturated(value: i32) -> i32 {
    value.clamp(i32::from(i16::MIN), i32::from(i16::MAX))
}

/// G.722 encoder.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct G722Encoder {
    low: Low,
    high: High,
    mirror: Mirror,
}

impl G722Encoder {
    /// Encodes two samples to one byte each. Returns the number of bytes written, limited by both
    /// slices.
    pub fn encode(&mut self, samples: &[i16], out: &mut [u8]) -> usize {
        let pairs = samples.chunks_exact(2);
        let n = pairs.len().min(out.len());
        for (byte, pair) in out.iter_mut().zip(pairs) {
            let (sum, difference) = self.mirror.pass(i32::from(pair[1]), i32::from(pair[0]));
            let low = limited((sum + difference) >> 14);
            let high = limited((sum - difference) >> 14);
            *byte = self.high.encode(high) << 6 | self.low.encode(low);
        }
        n
    }
}

/// G.722 decoder.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct G722Decoder {
    low: Low,
    high: High,
    mirror: Mirror,
}

impl G722Decoder {
    /// Decodes each byte to two samples. Returns the number of samples written, limited by both
    /// slices.
    pub fn decode(&mut self, bytes: &[u8], out: &mut [i16]) -> usize {
        let n = bytes.len().min(out.len() / 2);
        for (pair, &byte) in out.chunks_exact_mut(2).zip(bytes) {
            let low = self.low.decode(byte & 0x3f);
            let high = self.high.decode(byte >> 6);
            let (first, second) = self.mirror.pass(low - high, low + high);
            pair[0] = saturated(first >> 11) as i16;
            pair[1] = saturated(second >> 11) as i16;
        }
        2 * n
    }
}
