//! Where voice waits until it is played, in the shape that its codec gives it.

use confab_codec::OpusSpares;
use confab_terms::Codec;
use serde::{Deserialize, Serialize};

use super::codes::Codes;
use super::packets::Packets;

/// What a frame that was played is made of, in units of the timestamp.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Played {
    /// Made up, silence not counted.
    pub(crate) made: u32,
    /// Without voice, from its end back.
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

    /// Whether nothing that it plays can be a voice.
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

    /// How far the timestamp goes in this payload; `None` if it is not voice.
    pub(crate) fn units(&self, payload: &[u8]) -> Option<u32> {
        match self {
            Self::Codes(_) => Codes::units(payload),
            Self::Packets(_) => Packets::units(payload),
        }
    }

    /// Keeps a payload, the first `past` units of which are not needed any more.
    pub(crate) fn put(&mut self, timestamp: u32, payload: &[u8], past: u32) {
        match self {
            Self::Codes(codes) => codes.put(timestamp, payload, past),
            Self::Packets(packets) => packets.put(timestamp, payload),
        }
    }

    /// Forgets what lies there.
    pub(crate) fn clear(&mut self, from: u32, count: u32) {
        match self {
            Self::Codes(codes) => codes.clear(from, count),
            Self::Packets(packets) => packets.clear(from, count),
        }
    }

    /// Forgets all but what lies there.
    pub(crate) fn keep(&mut self, from: u32, count: u32) {
        match self {
            Self::Codes(codes) => codes.keep(from, count),
            Self::Packets(packets) => packets.keep(from, count),
        }
    }

    /// What comes next does not follow from what came before: blend the two.
    pub(crate) fn part(&mut self) {
        match self {
            Self::Codes(codes) => codes.part(),
            // The decoder laps its frames by itself.
            Self::Packets(_) => {}
        }
    }

    /// What came before is too long ago to go on from.
    pub(crate) fn forget(&mut self) {
        match self {
            Self::Codes(codes) => codes.forget(),
            Self::Packets(packets) => packets.forget(),
        }
    }

    /// It has paused: what is not there was never sent.
    pub(crate) fn rests(&mut self) {
        match self {
            // Comfort noise (RFC 3389) says so itself.
            Self::Codes(_) => {}
            Self::Packets(packets) => packets.rests(),
        }
    }

    /// Fills in a frame without going on. False if that is silence.
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

    /// Whether nothing of the next frame is there.
    pub(crate) fn is_missing(&self, cursor: u32, frame: u32) -> bool {
        match self {
            Self::Codes(codes) => codes.is_missing(cursor, frame),
            Self::Packets(packets) => packets.is_missing(cursor),
        }
    }

    /// How much more is to be made up, so that voice that follows goes on without a step.
    pub(crate) fn complete(&mut self) -> u32 {
        match self {
            Self::Codes(codes) => codes.complete(),
            // The decoder laps its frames by itself.
            Self::Packets(_) => 0,
        }
    }

    pub(crate) fn play(&mut self, cursor: u32, out: &mut [i16]) -> Played {
        match self {
            Self::Codes(codes) => codes.play(cursor, out),
            Self::Packets(packets) => packets.play(cursor, out),
        }
    }

    /// Plays a frame and leaves out as much as it says, of `most`, if what glides into each other
    /// is at least so like.
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

    /// Plays a frame and leaves as much of it for later as it says, on the same condition.
    pub(crate) fn lengthen(&mut self, cursor: u32, least: f32, out: &mut [i16]) -> Option<u32> {
        match self {
            Self::Codes(codes) => codes.lengthen(cursor, least, out),
            Self::Packets(packets) => packets.lengthen(cursor, least, out),
        }
    }
}
