//! Classification of a packet by SSRC and sequence number (RFC 3550 A.1): next, reordered,
//! duplicate, stray, or first of a new stream. Delay is handled elsewhere.

use serde::{Deserialize, Serialize};

use crate::Header;

// Limits of RFC 3550 A.1.
const DROPOUT_MAX: u16 = 3_000;
const MISORDER_MAX: u16 = 100;
/// Maximum deviation of the second packet of a new stream from the timestamp that the first one
/// predicts: 1 s.
const SECOND_WITHIN_FRAMES: u32 = 50;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Order {
    ssrc: u32,
    highest: u16,
    /// Bit n: the packet n before the highest has arrived.
    seen: u64,
    stray: Option<Stray>,
}

/// Expected successor of a stray packet: a match begins a new stream.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Stray {
    ssrc: u32,
    sequence: u16,
    timestamp: u32,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Place {
    /// The packet is newer than all others; `skipped` packets before it are missing.
    Next {
        skipped: u16,
    },
    Reordered,
    Duplicate,
    /// The packet does not fit. If its successor follows, the packet was the first of a new stream.
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

    /// Classifies a packet. `near`: the timestamp is playable. `starving`: the stream has run dry,
    /// so a new stream is accepted at once.
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

    /// Accepts a packet of this stream without voice (a digit). Returns the number of packets
    /// missing before it; `None` if the packet is not newer than all others.
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
