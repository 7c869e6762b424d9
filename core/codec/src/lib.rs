//! G.711, G.722, resampling, tones made and heard: samples in, bytes or samples out. Knows
//! nothing of packets or time.

mod dtmf;
mod g711;
mod g722;
mod lowpass;
pub mod music;
mod resample;
pub mod tone;

use confab_terms::Codec;
pub use dtmf::TouchTones;
pub use g711::expansion;
pub use g722::{G722Decoder, G722Encoder};
pub use resample::Resampler;

/// What a byte of G.711 silence looks like: the code of sample 0.
#[must_use]
pub const fn silence(codec: Codec) -> u8 {
    match codec {
        Codec::Pcmu => 0xff,
        Codec::Pcma => 0xd5,
    }
}

/// Writes one byte for each sample and says how many: the shorter of the two slices.
pub fn encode(codec: Codec, samples: &[i16], out: &mut [u8]) -> usize {
    let n = samples.len().min(out.len());
    let pairs = out.iter_mut().zip(samples);
    match codec {
        Codec::Pcmu => pairs.for_each(|(byte, &sample)| *byte = g711::to_mulaw(sample)),
        Codec::Pcma => pairs.for_each(|(byte, &sample)| *byte = g711::to_alaw(sample)),
    }
    n
}

/// Writes one sample for each byte and says how many: the shorter of the two slices.
pub fn decode(codec: Codec, bytes: &[u8], out: &mut [i16]) -> usize {
    let n = bytes.len().min(out.len());
    let table = g711::expansion(codec);
    for (sample, &byte) in out.iter_mut().zip(bytes) {
        *sample = table[usize::from(byte)];
    }
    n
}
