//! Storage of voice until playout, in the form of its codec.

use confab_codec::OpusSpares;
use confab_terms::Codec;
use serde::{Deserialize, Serialize};

use super::codes::Codes;
use super::packets::Packets;

/// Composition of a played frame, in timestamp units.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Played {
    /// Concealed units, silence excluded.
    pub(crate) made: u32,
    /// Units without voice at the end of the frame.
    pub(crate) missing: u32,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Store {
    Codes(Box<Codes>),
    Packets(Box<Packets>),
}

impl Store {
    pub(crate) fn new(codec: Codec) -> Self {
        match codec {
            Codec::Pcmu | Codec::Pcma | Codec::G722 => Self::Codes(Box::new(Codes::new(codec))),
            Codec::Opus => Self::Packets(Box::new(Packets::new())),
        }
    }

    pub(crate) fn lacks_decoder(&self, payload: &[u8]) -> bool {
        match self {
            Self::Codes(_) => false,
            Self::Packets(packets) => packets.lacks_decoder(payload),
        }
    }

    pub(crate) fn has_decoder(&self) -> bool {
        match self {
            Self::Codes(_) => false,
            Self::Packets(packets) => packets.has_decoder(),
        }
    }

    /// Returns whether all output is silence.
    pub(crate) fn is_mute(&self) -> bool {
        match self {
            Self::Codes(_) => false,
            Self::Packets(packets) => !packets.has_decoder(),
        }
    }

    pub(crate) fn equip(&mut self, spares: &mut OpusSpares) {
        if let Self::Packets(packets) = self {
            packets.equip(spares);
        }
    }

    pub(crate) fn rest(&mut self, spares: &mut OpusSpares) {
        if let Self::Packets(packets) = self {
            packets.rest(spares);
        }
    }

    pub(crate) fn release(&mut self, spares: &mut OpusSpares) {
        if let Self::Packets(packets) = self {
            packets.release(spares);
        }
    }

    /// Returns the duration of a payload in timestamp units; `None` if the payload is not voice.
    pub(crate) fn units(&self, payload: &[u8]) -> Option<u32> {
        match self {
            Self::Codes(_) => Codes::units(payload),
            Self::Packets(_) => Packets::units(payload),
        }
    }

    /// Stores a payload without its first `past` units, which are no longer needed.
    pub(crate) fn put(&mut self, timestamp: u32, payload: &[u8], past: u32) {
        match self {
            Self::Codes(codes) => codes.put(timestamp, payload, past),
            Self::Packets(packets) => packets.put(timestamp, payload),
        }
    }

    /// Discards a range.
    pub(crate) fn clear(&mut self, from: u32, count: u32) {
        match self {
            Self::Codes(codes) => codes.clear(from, count),
            Self::Packets(packets) => packets.clear(from, count),
        }
    }

    /// Discards all but a range.
    pub(crate) fn keep(&mut self, from: u32, count: u32) {
        match self {
            Self::Codes(codes) => codes.keep(from, count),
            Self::Packets(packets) => packets.keep(from, count),
        }
    }

    /// Marks a discontinuity: the next frame is blended with the previous one.
    pub(crate) fn part(&mut self) {
        match self {
            Self::Codes(codes) => codes.part(),
            // The Opus decoder overlaps its frames itself.
            Self::Packets(_) => {}
        }
    }

    /// Discards the history, which is too old for concealment.
    pub(crate) fn forget(&mut self) {
        match self {
            Self::Codes(codes) => codes.forget(),
            Self::Packets(packets) => packets.forget(),
        }
    }

    /// Notes a pause of the sender: missing packets were never sent.
    pub(crate) fn rests(&mut self) {
        match self {
            // Comfort noise (RFC 3389) announces pauses of these codecs.
            Self::Codes(_) => {}
            Self::Packets(packets) => packets.rests(),
        }
    }

    /// Conceals a frame without advancing. Returns false for silence.
    pub(crate) fn conceal(&mut self, out: &mut [i16]) -> bool {
        match self {
            Self::Codes(codes) => codes.conceal(out),
            Self::Packets(packets) => packets.conceal(out),
        }
    }

    pub(crate) fn is_quiet(&self, cursor: u32, frame: u32) -> bool {
        match self {
            Self::Codes(codes) => codes.is_quiet(cursor, frame),
            Self::Packets(packets) => packets.is_quiet(cursor, frame),
        }
    }

    /// Returns whether the next frame is missing as a whole.
    pub(crate) fn is_missing(&self, cursor: u32, frame: u32) -> bool {
        match self {
            Self::Codes(codes) => codes.is_missing(cursor, frame),
            Self::Packets(packets) => packets.is_missing(cursor),
        }
    }

    /// Returns the number of units to conceal so that the following voice continues without a step.
    pub(crate) fn complete(&mut self) -> u32 {
        match self {
            Self::Codes(codes) => codes.complete(),
            // The Opus decoder overlaps its frames itself.
            Self::Packets(_) => 0,
        }
    }

    pub(crate) fn play(&mut self, cursor: u32, out: &mut [i16]) -> Played {
        match self {
            Self::Codes(codes) => codes.play(cursor, out),
            Self::Packets(packets) => packets.play(cursor, out),
        }
    }

    /// Plays a frame and skips the returned number of units. `limits`: maximum to skip, minimum
    /// similarity. Returns `None` if the similarity is lower.
    pub(crate) fn shorten(
        &mut self,
        cursor: u32,
        limits: (u32, f32),
        out: &mut [i16],
    ) -> Option<u32> {
        match self {
            Self::Codes(codes) => codes.shorten(cursor, limits, out),
            Self::Packets(packets) => packets.shorten(cursor, limits, out),
        }
    }

    /// Plays a frame and repeats the returned number of units. Returns `None` if the similarity is
    /// below `least`.
    pub(crate) fn lengthen(&mut self, cursor: u32, least: f32, out: &mut [i16]) -> Option<u32> {
        match self {
            Self::Codes(codes) => codes.lengthen(cursor, least, out),
            Self::Packets(packets) => packets.lengthen(cursor, least, out),
        }
    }
}
