//! G.711, G.722, Opus, resampling, tones made and heard: samples in, bytes or samples out. Knows
//! nothing of packets or time.

mod coders;
mod dtmf;
mod g711;
mod g722;
mod guard;
mod lowpass;
pub mod music;
mod opus;
mod resample;
pub mod tone;

pub use coders::Encoder;
use confab_terms::Codec;
pub use dtmf::TouchTones;
pub use g711::expansion;
pub use g722::{G722Decoder, G722Encoder};
pub use guard::codec_panics;
pub use opus::{OpusDecoder, OpusEncoder, OpusSettings, OpusSpares, opus_is_silent, opus_samples};
pub use resample::Resampler;

/// The longest payload that an encoder of ours makes of a frame.
pub const PAYLOAD_BYTES_MAX: usize = 400;

/// What a byte of G.711 silence looks like: the code of sample 0. Zero for the other codecs.
#[must_use]
pub const fn silence(codec: Codec) -> u8 {
    match codec {
        Codec::Pcmu => 0xff,
        Codec::Pcma => 0xd5,
        Codec::G722 | Codec::Opus => 0,
    }
}

/// G.711: writes one byte for each sample and says how many: the shorter of the two slices.
/// Codecs with a memory have encoders; here they write nothing.
pub fn encode(codec: Codec, samples: &[i16], out: &mut [u8]) -> usize {
    let n = samples.len().min(out.len());
    let pairs = out.iter_mut().zip(samples);
    match codec {
        Codec::Pcmu => pairs.for_each(|(byte, &sample)| *byte = g711::to_mulaw(sample)),
        Codec::Pcma => pairs.for_each(|(byte, &sample)| *byte = g711::to_alaw(sample)),
        Codec::G722 | Codec::Opus => return 0,
    }
    n
}

/// G.711: writes one sample for each byte and says how many: the shorter of the two slices.
/// Codecs with a memory have decoders; here they write nothing.
pub fn decode(codec: Codec, bytes: &[u8], out: &mut [i16]) -> usize {
    let Some(table) = g711::expansion(codec) else {
        return 0;
    };
    for (sample, &byte) in out.iter_mut().zip(bytes) {
        *sample = table[usize::from(byte)];
    }
    bytes.len().min(out.len())
}
