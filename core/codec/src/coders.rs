//! `Encoder`: encoder of one egress stream, in any agreed codec.

use confab_terms::Codec;
use serde::{Deserialize, Serialize};

use crate::{G722Encoder, OpusEncoder, OpusSettings, OpusSpares, encode};

/// Encoder state of one egress stream.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Encoder {
    /// G.711 has no state.
    G711(Codec),
    /// G.722, with a small state.
    G722(Box<G722Encoder>),
    /// Opus. Hundreds of kilobytes of state, not serialized, are held only while needed.
    Opus(OpusEncoder),
}

impl Encoder {
    /// Creates the encoder of a stream that was silent so far.
    #[must_use]
    pub fn new(codec: Codec, opus: OpusSettings) -> Self {
        match codec {
            Codec::Pcmu | Codec::Pcma => Self::G711(codec),
            Codec::G722 => Self::G722(Box::default()),
            Codec::Opus => Self::Opus(OpusEncoder::new(opus)),
        }
    }

    /// Returns a new encoder with the same codec and settings, without history.
    #[must_use]
    pub fn anew(&self) -> Self {
        match self {
            Self::G711(codec) => Self::G711(*codec),
            Self::G722(_) => Self::G722(Box::default()),
            // A clone of an Opus encoder copies the settings only.
            Self::Opus(encoder) => Self::Opus(encoder.clone()),
        }
    }

    /// Returns whether both encoders give the same output for the same input and history.
    #[must_use]
    pub fn is_like(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Opus(one), Self::Opus(other)) => one == other,
            _ => self.codec() == other.codec(),
        }
    }

    /// Returns the codec.
    #[must_use]
    pub fn codec(&self) -> Codec {
        match self {
            Self::G711(codec) => *codec,
            Self::G722(_) => Codec::G722,
            Self::Opus(_) => Codec::Opus,
        }
    }

    /// Encodes a frame of 20 ms at the codec's rate. Returns the number of bytes written: at most
    /// `PAYLOAD_BYTES_MAX`, 0 if `out` is too small.
    pub fn encode(&mut self, samples: &[i16], out: &mut [u8]) -> usize {
        match self {
            Self::G711(codec) => encode(*codec, samples, out),
            Self::G722(encoder) => encoder.encode(samples, out),
            Self::Opus(encoder) => encoder.encode(samples, out),
        }
    }

    /// Takes a spare Opus encoder, if needed, so that the next frame allocates no memory.
    pub fn equip(&mut self, spares: &mut OpusSpares) {
        if let Self::Opus(encoder) = self {
            encoder.equip(spares);
        }
    }

    /// Gives the Opus encoder back to the spares. An Opus stream then loses its history.
    pub fn release(&mut self, spares: &mut OpusSpares) {
        if let Self::Opus(encoder) = self {
            encoder.release(spares);
        }
    }

    /// Returns whether the output depends on earlier frames.
    #[must_use]
    pub fn has_memory(&self) -> bool {
        !matches!(self, Self::G711(_))
    }
}
