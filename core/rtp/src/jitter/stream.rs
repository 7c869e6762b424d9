//! One stream's place in time: which sample the next tick plays, and how far off a packet is
//! from that. Holds no samples.

use serde::{Deserialize, Serialize};

use super::adaption::{Adaption, DEPTH_FRAMES_MAX};
use super::order::{Order, Place};
use crate::Header;

/// A packet may end so many half frames ahead of the next sample needed (450 ms); beyond, its
/// timestamp has jumped.
const AHEAD_HALF_FRAMES_MAX: u32 = 45;
/// Frames without any voice after which a stream counts as having run dry.
const DRY_FRAMES: u32 = 3;
/// The same, after which the clocks may have drifted apart: 1 s.
const PAUSE_FRAMES: u32 = 50;

/// What is known of the stream that is playing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Stream {
    pub(crate) order: Order,
    pub(crate) adaption: Adaption,
    /// The next sample to play; `None` until the next tick chooses it.
    pub(crate) cursor: Option<u32>,
    /// Just behind the youngest sample.
    pub(crate) end: u32,
    /// Samples in the youngest packet.
    pub(crate) packet: u32,
    /// Whole frames just before the cursor for which there was no voice.
    pub(crate) missing: u32,
    /// Ticks to fill without going on, so that the delay grows.
    pub(crate) hold: u32,
    /// It said that nothing follows for now.
    pub(crate) paused: bool,
    /// Frames made up since its last voice, as if more had been on its way.
    pub(crate) guessed: u32,
}

impl Stream {
    pub(crate) fn begin(header: &Header, samples: u32) -> Self {
        Self {
            order: Order::begin(header),
            adaption: Adaption::new(),
            cursor: None,
            end: header.timestamp.wrapping_add(samples),
            packet: samples,
            missing: 0,
            hold: 0,
            paused: false,
            guessed: 0,
        }
    }

    pub(crate) fn place(&mut self, header: &Header, samples: u32, frame: u32) -> Place {
        let near = self.cursor.is_none_or(|cursor| {
            let end = distance(cursor, header.timestamp).saturating_add(samples as i32);
            end <= ahead_max(frame)
        });
        let dry = self.missing >= DRY_FRAMES;
        self.order.place(header, samples, frame, (near, dry))
    }

    pub(crate) fn is_past(&self, timestamp: u32) -> bool {
        self.cursor
            .is_some_and(|cursor| distance(cursor, timestamp) < 0)
    }

    /// Ticks until the packet is needed: 0 is the next one, −1 the last one.
    pub(crate) fn lead(&self, timestamp: u32, frame: u32) -> Option<i32> {
        let ahead = distance(self.cursor?, timestamp);
        Some(ahead.div_euclid(frame as i32) + self.hold as i32)
    }

    /// After a pause, a packet for a moment that is long past or far off: the sender's clock
    /// stood still, or drifted, or a stall is over. What was learnt does not fit any more.
    pub(crate) fn has_lost_time(&self, lead: i32) -> bool {
        let paused = self.missing >= PAUSE_FRAMES;
        let dry = self.missing >= DRY_FRAMES;
        (dry && lead < -DEPTH_FRAMES_MAX)
            || (paused && (lead < -2 || lead > self.adaption.high() + 2))
    }

    /// The next tick chooses the place to play from.
    pub(crate) fn stop(&mut self) {
        self.cursor = None;
        self.hold = 0;
        self.adaption = Adaption::new();
    }

    /// Lets voice wait for so many frames more: again what had no voice, then filled in.
    pub(crate) fn grow(&mut self, frames: u32, frame: u32) {
        let again = frames.min(self.missing);
        self.missing -= again;
        self.cursor = self.cursor.map(|cursor| cursor.wrapping_sub(again * frame));
        self.hold += frames - again;
    }
}

/// `AHEAD_HALF_FRAMES_MAX` in units of the timestamp.
pub(crate) fn ahead_max(frame: u32) -> i32 {
    (AHEAD_HALF_FRAMES_MAX * frame / 2) as i32
}

/// From one timestamp to another: negative if that is the earlier one.
pub(crate) fn distance(from: u32, to: u32) -> i32 {
    to.wrapping_sub(from) as i32
}
