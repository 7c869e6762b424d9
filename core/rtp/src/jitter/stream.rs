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
/// From one stretch, or one that would have been heard, to the next: 60 ms.
const REST_TICKS: u32 = 3;
/// How like each other two sounds are, of 1, that glide into each other unheard.
const LIKE_ENOUGH: f32 = 0.9;
/// How long a delay that is to grow waits for moments at which nobody hears it: 0.5 s.
const OWED_TICKS_MAX: u32 = 25;

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
    /// How much just before the cursor there was no voice for.
    pub(crate) missing: u32,
    /// By how much the delay is still to grow, and for how many ticks that has been so.
    pub(crate) owed: u32,
    owed_ticks: u32,
    /// Ticks until voice may be stretched again.
    rest_ticks: u32,
    /// How much at the cursor is to be made up on purpose: the rest of a period.
    pub(crate) filled: u32,
    frame: u32,
    /// It said that nothing follows for now.
    pub(crate) paused: bool,
    /// Frames made up since its last voice, as if more had been on its way.
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

    /// How far the packet is from the next sample needed: less than a frame is the next tick's.
    pub(crate) fn lead(&self, timestamp: u32) -> Option<i32> {
        let ahead = distance(self.cursor?, timestamp);
        Some(ahead.saturating_add(self.owed as i32))
    }

    /// After a pause, a packet for a moment that is long past or far off: the sender's clock
    /// stood still, or drifted, or a stall is over. What was learnt does not fit any more.
    pub(crate) fn has_lost_time(&self, lead: i32) -> bool {
        let lead = lead.div_euclid(self.frame as i32);
        let high = self.adaption.high().div_euclid(self.frame as i32);
        (self.lacks(DRY_FRAMES) && lead < -DEPTH_FRAMES_MAX)
            || (self.lacks(PAUSE_FRAMES) && (lead < -2 || lead > high + 2))
    }

    /// The next tick chooses the place to play from.
    pub(crate) fn stop(&mut self) {
        self.cursor = None;
        self.owed = 0;
        self.filled = 0;
        self.adaption = Adaption::new(self.frame);
    }

    /// Lets voice wait for so much longer: what had no voice is played again, once the period that
    /// fills it has come to its end after `rest` more; the remainder is owed.
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

    /// A tick went by. What it is to do about the delay.
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

    /// Whether voice may be stretched on this tick.
    pub(crate) fn may_stretch(&mut self) -> bool {
        let may = self.rest_ticks == 0;
        if may {
            self.rest_ticks = REST_TICKS;
        }
        may
    }

    /// The delay grew by so much, which had been owed, or more or less.
    pub(crate) fn pay(&mut self, units: u32) {
        let paid = units.min(self.owed);
        self.owed -= paid;
        self.adaption.grown(units - paid);
    }
}

/// What a tick is to do about the delay.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Due {
    Nothing,
    /// Let it grow, where two sounds are so like, of 1.
    More(f32),
    /// Let it grow by a frame, whatever is heard of it.
    Hold,
    /// Let it shrink, by so much at the most, on the same condition.
    Less(u32, f32),
    /// Let it shrink by so much, whatever is heard of it.
    Drop(u32),
}

/// `AHEAD_HALF_FRAMES_MAX` in units of the timestamp.
pub(crate) fn ahead_max(frame: u32) -> i32 {
    (AHEAD_HALF_FRAMES_MAX * frame / 2) as i32
}

/// From one timestamp to another: negative if that is the earlier one.
pub(crate) fn distance(from: u32, to: u32) -> i32 {
    to.wrapping_sub(from) as i32
}
