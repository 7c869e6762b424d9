//! `Ear`: decoder of a sequence of packets. Codecs have state, so that a packet means little
//! without the earlier ones.

use confab_codec::{G722Decoder, OpusDecoder};
use confab_terms::Codec;

use crate::tape::Packet;

/// Maximum number of samples of a packet: 120 ms at 48 kHz.
const SAMPLES_MAX: usize = 5_760;

/// Decoder of the packets of one phone, in the order of arrival.
#[derive(Debug, Default)]
pub struct Ear {
    g722: G722Decoder,
    opus: OpusDecoder,
}

impl Ear {
    /// Returns the samples of the next packet, at the rate of its codec; `None` if it carries no
    /// voice.
    pub fn hear(&mut self, packet: &Packet) -> Option<Vec<i16>> {
        let mut samples = vec![0; SAMPLES_MAX];
        let bytes = &packet.payload[..];
        let n = match packet.codec? {
            codec @ (Codec::Pcmu | Codec::Pcma) => confab_codec::decode(codec, bytes, &mut samples),
            Codec::G722 => self.g722.decode(bytes, &mut samples),
            Codec::Opus => self.opus.decode(bytes, &mut samples),
        };
        samples.truncate(n);
        Some(samples)
    }
}
