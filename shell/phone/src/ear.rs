//! `Ear`: makes samples of a run of packets. Codecs remember, so that one packet means little
//! without those before it.

use confab_codec::{G722Decoder, OpusDecoder};
use confab_terms::Codec;

use crate::tape::Packet;

/// The longest packet that there is: 120 ms at 48 kHz.
const SAMPLES_MAX: usize = 5_760;

/// Hears one phone's packets in the order of their arrival.
#[derive(Debug, Default)]
pub struct Ear {
    g722: G722Decoder,
    opus: OpusDecoder,
}

impl Ear {
    /// The samples of the next packet, at its codec's rate; `None` if it carries no voice.
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
