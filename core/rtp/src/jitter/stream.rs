//! Position of one stream in time: the next sample to play, and the distance of a packet from that
//! sample. No samples are stored here.

use serde::{Deserialize, Serialize};

use super::adaption::{Adaption, DEPTH_FRAMES_MAX};
use super::order::{Order, Place};
use crate::Header;

/// Maximum distance of a packet's end from the next needed sample, in half frames (450 ms); beyond
/// it the timestamp has jumped.
const AHEAD_HALF_FRAMES_MAX: u32 = 45;
/// Number of frames without voice after which a stream has run dry.
const DRY_FRAMES: u32 = 3;
/// Number of frames without voice after which the clocks may have drifted apart: 1 s.
const PAUSE_FRAMES: u32 = 50;
/// Interval between two attempts to stretch voice: 60 ms.
const REST_TICKS: u32 = 3;
/// Minimum correlation of two sounds, at most 1, that can be blended inaudibly.
const LIKE_ENOUGH: f32 = 0.9;
/// Maximum wait of a growth of the delay for an inaudible moment: 0.5 s.
const OWED_TICKS_MAX: u32 = 25;

/// State of the playing stream.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Stream {
    pub(crate) order: Order,
    pub(crate) adaption: Adaption,
    /// Next sample to play; `None` until the next tick chooses a position.
    pub(crate) cursor: Option<u32>,
    /// Timestamp just after the newest sample.
    pub(crate) end: u32,
    /// Number of samples in the newest packet.
    pub(crate) packet: u32,
    /// Units without voice directly before the cursor.
    pub(crate) missing: u32,
    /// Outstanding growth of the delay, and the number of ticks since which it is outstanding.
    pub(crate) owed: u32,
    owed_ticks: u32,
    /// Ticks until voice may be stretched again.
    rest_ticks: u32,
    /// Units at the cursor to be concealed intentionally: the rest of a pitch period.
    pub(crate) filled: u32,
    frame: u32,
    /// True if the sender announced a pause.
    pub(crate) paused: bool,
    /// Frames concealed since the last voice on the assumption that more was on its way.
    pub(crate) guessed: u32,
}

impl Stream {
    pub(crate) fn begin(header: &Header, samples: u32, frame: u32) -> Self {
        Self {
            order: Order::begin(header),
            adaption: Adaption::new(frame),
            cursor: None,
            end: header.timestamp.wrapping_add(samples),
            packet: samples,
            missing: 0,
            owed: 0,
            owed_ticks: 0,
            rest_ticks: 0,
            filled: 0,
            frame,
            paused: false,
            guessed: 0,
        }
    }

    pub(crate) fn place(&mut self, header: &Header, samples: u32) -> Place {
        let near = self.cursor.is_none_or(|cursor| {
            let end = distance(cursor, header.timestamp).saturating_add(samples as i32);
            end <= ahead_max(self.frame)
        });
        let dry = self.lacks(DRY_FRAMES);
        self.order.place(header, samples, self.frame, (near, dry))
    }

    fn lacks(&self, frames: u32) -> bool {
        self.missing >= frames * self.frame
    }

    pub(crate) fn is_past(&self, timestamp: u32) -> bool {
        self.cursor
            .is_some_and(|cursor| distance(cursor, timestamp) < 0)
    }

    /// Returns the distance of the packet from the next needed sample. A distance below one frame
    /// belongs to the next tick.
    pub(crate) fn lead(&self, timestamp: u32) -> Option<i32> {
        let ahead = distance(self.cursor?, timestamp);
        Some(ahead.saturating_add(self.owed as i32))
    }

    /// Returns whether a packet after a gap is far too early or too late: the sender's clock
    /// stopped or drifted, or a stall ended. The learned delay is then invalid.
    pub(crate) fn has_lost_time(&self, lead: i32) -> bool {
        let lead = lead.div_euclid(self.frame as i32);
        let high = self.adaption.high().div_euclid(self.frame as i32);
        (self.lacks(DRY_FRAMES) && lead < -DEPTH_FRAMES_MAX)
            || (self.lacks(PAUSE_FRAMES) && (lead < -2 || lead > high + 2))
    }

    /// Discards the position; the next tick chooses a new one.
    pub(crate) fn stop(&mut self) {
        self.cursor = None;
        self.owed = 0;
        self.filled = 0;
        self.adaption = Adaption::new(self.frame);
    }

    /// Increases the delay by `units`. Units without voice are played again after `rest` more
    /// units, which complete the pitch period of the concealment. The remainder is owed.
    pub(crate) fn grow(&mut self, units: u32, rest: u32) {
        let due = units + self.owed;
        let again = due.min(self.missing);
        let rest = if again > 0 && again == self.missing {
            rest
        } else {
            0
        };
        self.missing -= again;
        self.filled = rest;
        self.adaption.grown(rest);
        self.cursor = self.cursor.map(|cursor| cursor.wrapping_sub(again + rest));
        self.owed = due - again;
    }

    /// Advances by one tick. Returns the change of the delay that the tick has to make.
    pub(crate) fn due(&mut self) -> Due {
        self.owed += self.adaption.reserve();
        let spare = self.adaption.tick();
        self.rest_ticks = self.rest_ticks.saturating_sub(1);
        if self.owed == 0 {
            self.owed_ticks = 0;
            let waited = self.adaption.waited();
            if let Some(hurries) = self.adaption.hurries().filter(|_| spare > 0) {
                return match hurries < 1.0 {
                    true => Due::Less(spare, LIKE_ENOUGH * (1.0 - hurries)),
                    false => Due::Drop(spare),
                };
            }
            return match spare {
                0 => Due::Nothing,
                _ if spare < self.frame => Due::Less(spare, LIKE_ENOUGH),
                _ if waited <= 1.0 => Due::Less(spare, 1.0 - waited),
                _ => Due::Drop(spare),
            };
        }
        self.owed_ticks += 1;
        match self.owed_ticks.checked_sub(OWED_TICKS_MAX) {
            None => Due::More(1.0 - self.owed_ticks as f32 / OWED_TICKS_MAX as f32),
            Some(_) => Due::Hold,
        }
    }

    /// Returns whether voice may be stretched on this tick.
    pub(crate) fn may_stretch(&mut self) -> bool {
        let may = self.rest_ticks == 0;
        if may {
            self.rest_ticks = REST_TICKS;
        }
        may
    }

    /// Notes that the delay grew by `units`, first against the owed delay.
    pub(crate) fn pay(&mut self, units: u32) {
        let paid = units.min(self.owed);
        self.owed -= paid;
        self.adaption.grown(units - paid);
    }
}

/// Change of the delay to make on a tick.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Due {
    Nothing,
    /// Increase of the delay at a similarity of at least this value, at most 1.
    More(f32),
    /// Increase of the delay by a frame, audible or not.
    Hold,
    /// Reduction of the delay by at most this amount, at this minimum similarity.
    Less(u32, f32),
    /// Reduction of the delay by this amount, audible or not.
    Drop(u32),
}

/// Returns `AHEAD_HALF_FRAMES_MAX` in timestamp units.
pub(crate) fn ahead_max(frame: u32) -> i32 {
    (AHEAD_HALF_FRAMES_MAX * frame / 2) as i32
}

/// Returns the distance between two timestamps; negative if `to` is the earlier one.
pub(crate) fn distance(from: u32, to: u32) -> i32 {
    to.wrapping_sub(from) as i32
}
