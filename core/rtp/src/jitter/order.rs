//! Where a packet belongs in its stream, from SSRC and sequence number: next, reordered,
//! duplicate, stray, or the first of a new stream (RFC 3550 A.1). Knows nothing of delay.

use serde::{Deserialize, Serialize};

use crate::Header;

// RFC 3550 A.1.
const DROPOUT_MAX: u16 = 3_000;
const MISORDER_MAX: u16 = 100;
/// How far the second packet of a new stream may be from where the first one pointed: 1 s.
const SECOND_WITHIN_FRAMES: u32 = 50;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Order {
    ssrc: u32,
    highest: u16,
    /// Bit n: the packet n before the highest has come.
    seen: u64,
    stray: Option<Stray>,
}

/// What would follow a packet that did not fit: a second one like it is a new stream.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Stray {
    ssrc: u32,
    sequence: u16,
    timestamp: u32,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Place {
    /// Younger than any before; so many are missing in between.
    Next {
        skipped: u16,
    },
    Reordered,
    Duplicate,
    /// Does not fit; if it is followed up, it was the first of a new stream.
    Stray,
    NewStream,
}

impl Order {
    pub(crate) fn begin(header: &Header) -> Self {
        Self {
            ssrc: header.ssrc,
            highest: header.sequence,
            seen: 1,
            stray: None,
        }
    }

    /// `near` says that the timestamp is one that could be played; `starving` that the stream
    /// has run dry, so that there is little to lose by believing a new one.
    pub(crate) fn place(
        &mut self,
        header: &Header,
        samples: u32,
        frame: u32,
        (near, starving): (bool, bool),
    ) -> Place {
        let ahead = header.sequence.wrapping_sub(self.highest);
        let behind = self.highest.wrapping_sub(header.sequence);
        if header.ssrc == self.ssrc {
            let bit = 1u64.checked_shl(u32::from(behind)).unwrap_or(0);
            if self.seen & bit != 0 {
                return Place::Duplicate;
            }
            if near && ahead < DROPOUT_MAX {
                self.advance(header.sequence, ahead);
                self.stray = None;
                return Place::Next { skipped: ahead - 1 };
            }
            if near && behind <= MISORDER_MAX {
                self.seen |= bit;
                return Place::Reordered;
            }
        }
        if starving
            || self
                .stray
                .is_some_and(|stray| stray.is_followed_by(header, frame))
        {
            *self = Self::begin(header);
            return Place::NewStream;
        }
        self.stray = Some(Stray {
            ssrc: header.ssrc,
            sequence: header.sequence.wrapping_add(1),
            timestamp: header.timestamp.wrapping_add(samples),
        });
        Place::Stray
    }

    /// A packet of this stream that holds no voice (a digit) took its place in the sequence.
    /// Says how many are missing before it; `None` if it is not younger than all before.
    pub(crate) fn pass_over(&mut self, header: &Header) -> Option<u16> {
        let ahead = header.sequence.wrapping_sub(self.highest);
        if header.ssrc != self.ssrc || !(1..DROPOUT_MAX).contains(&ahead) {
            return None;
        }
        self.advance(header.sequence, ahead);
        Some(ahead - 1)
    }

    fn advance(&mut self, sequence: u16, ahead: u16) {
        self.highest = sequence;
        self.seen = self.seen.checked_shl(u32::from(ahead)).unwrap_or(0) | 1;
    }
}

impl Stray {
    fn is_followed_by(&self, header: &Header, frame: u32) -> bool {
        let off = header.timestamp.wrapping_sub(self.timestamp) as i32;
        self.ssrc == header.ssrc
            && self.sequence == header.sequence
            && off.unsigned_abs() <= SECOND_WITHIN_FRAMES * frame
    }
}
