//! G.711, G.722, Opus, sample-rate conversion, and generation and detection of tones. The crate
//! converts samples to bytes or samples; packets and time are handled elsewhere.

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

/// Maximum length in bytes of the payload that an encoder makes of a frame.
pub const PAYLOAD_BYTES_MAX: usize = 400;

/// Returns the G.711 code of silence: the code of sample 0. Returns 0 for the other codecs.
#[must_use]
pub const fn silence(codec: Codec) -> u8 {
    match codec {
        Codec::Pcmu => 0xff,
        Codec::Pcma => 0xd5,
        Codec::G722 | Codec::Opus => 0,
    }
}

/// Encodes G.711, one byte per sample. Returns the number of bytes written: the length of the
/// shorter slice. Returns 0 for stateful codecs, which have separate encoders.
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

/// Decodes G.711, one sample per byte. Returns the number of samples written: the length of the
/// shorter slice. Returns 0 for stateful codecs, which have separate decoders.
pub fn decode(codec: Codec, bytes: &[u8], out: &mut [i16]) -> usize {
    let Some(table) = g711::expansion(codec) else {
        return 0;
    };
    for (sample, &byte) in out.iter_mut().zip(bytes) {
        *sample = table[usize::from(byte)];
    }
    bytes.len().min(out.len())
}
