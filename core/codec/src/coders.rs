//! `Encoder`: one voice on its way out, in whatever codec was agreed on.

use confab_terms::Codec;
use serde::{Deserialize, Serialize};

use crate::{G722Encoder, OpusEncoder, OpusSettings, OpusSpares, encode};

/// The memory of one stream that goes out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Encoder {
    /// G.711 remembers nothing.
    G711(Codec),
    /// A few numbers.
    G722(Box<G722Encoder>),
    /// Hundreds of kilobytes of it, outside what is written out, while it is needed.
    Opus(OpusEncoder),
}

impl Encoder {
    /// A stream that was silent so far.
    #[must_use]
    pub fn new(codec: Codec, opus: OpusSettings) -> Self {
        match codec {
            Codec::Pcmu | Codec::Pcma => Self::G711(codec),
            Codec::G722 => Self::G722(Box::default()),
            Codec::Opus => Self::Opus(OpusEncoder::new(opus)),
        }
    }

    /// One that makes the same of the same, but was silent so far.
    #[must_use]
    pub fn anew(&self) -> Self {
        match self {
            Self::G711(codec) => Self::G711(*codec),
            Self::G722(_) => Self::G722(Box::default()),
            // All that it has to say of itself are its settings.
            Self::Opus(encoder) => Self::Opus(encoder.clone()),
        }
    }

    /// Whether it makes the same of the same, had both said the same so far.
    #[must_use]
    pub fn is_like(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Opus(one), Self::Opus(other)) => one == other,
            _ => self.codec() == other.codec(),
        }
    }

    /// What it makes.
    #[must_use]
    pub fn codec(&self) -> Codec {
        match self {
            Self::G711(codec) => *codec,
            Self::G722(_) => Codec::G722,
            Self::Opus(_) => Codec::Opus,
        }
    }

    /// Writes a frame of 20 ms at the codec's rate and says how many bytes it took: at most
    /// `PAYLOAD_BYTES_MAX`, 0 if `out` is too small for it.
    pub fn encode(&mut self, samples: &[i16], out: &mut [u8]) -> usize {
        match self {
            Self::G711(codec) => encode(*codec, samples, out),
            Self::G722(encoder) => encoder.encode(samples, out),
            Self::Opus(encoder) => encoder.encode(samples, out),
        }
    }

    /// Sees to it that the next frame takes no memory.
    pub fn equip(&mut self, spares: &mut OpusSpares) {
        if let Self::Opus(encoder) = self {
            encoder.equip(spares);
        }
    }

    /// Gives back what it does not need for now. A stream of Opus is silent so far then.
    pub fn release(&mut self, spares: &mut OpusSpares) {
        if let Self::Opus(encoder) = self {
            encoder.release(spares);
        }
    }

    /// Whether what it says next depends on what it said before.
    #[must_use]
    pub fn has_memory(&self) -> bool {
        !matches!(self, Self::G711(_))
    }
}
