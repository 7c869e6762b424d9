//! How long voice has to wait: learnt from each packet's *lead*, how far its first sample is from
//! the next that is needed when it arrives. Grows fast, shrinks slowly. Touches no samples.

use serde::{Deserialize, Serialize};

use super::slips::Slips;

/// The deepest that a buffer gets by itself, in frames: 200 ms.
pub(crate) const DEPTH_FRAMES_MAX: i32 = 10;
/// While a line is new (2 s), one that jitters gets a frame more than it has shown to need.
const LEARNING_PACKETS: u32 = 100;
/// So many packets are needed to tell jitter from a stall.
const FEW_PACKETS: u32 = 25;
/// Leads this far apart come of jitter; one apart may be two clocks whose edges meet.
const JITTER_FRAMES: i32 = 2;
/// A spare frame is one that no packet has needed for 40 s, or longer where that proved wrong.
const PATIENCE_TICKS: u32 = 2_000;
const PATIENCE_TICKS_MAX: u32 = 8_000;
/// A line that jitters keeps a frame more than it has shown to need, unless so many packets needed
/// all but that: then what is still later is rarer than the window is long.
const OFTEN_PACKETS: u32 = 10;
/// What made the delay grow is not what the line is like afterwards: 1 s is not looked at.
const SETTLING_TICKS: u32 = 50;
/// Less than this part of a frame, 2.5 ms, is not worth a change.
const SPARE_PARTS: i32 = 8;
/// How long what is spare waits for a moment at which nobody hears it go.
const SPARE_TICKS_MAX: u32 = 3_000;
/// Longest wait of the delay that a burst has left for such moments: 4 s.
const BURST_TICKS_MAX: u32 = 200;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Adaption {
    /// Units of the timestamp in 20 ms, in which all else is counted.
    frame: i32,
    /// Packets since this line, or its last surprise, was new.
    packets: u32,
    /// The leads since then.
    leads: Leads,
    /// Packets that only just made it, since the delay last changed.
    close: u32,
    /// And packets that made it with a tick to spare.
    roomy: u32,
    window: Leads,
    /// Packets with the least lead of it.
    window_lows: u32,
    window_before: Leads,
    window_ticks: u32,
    patience_ticks: u32,
    /// Since the patience was last found too short.
    has_shrunk: bool,
    /// How much of the delay proved to be unneeded.
    spare: i32,
    spare_ticks: u32,
    /// A burst left the spare delay: so many ticks ago, while any of it is left.
    burst_ticks: Option<u32>,
    slips: Slips,
}

/// The least and the greatest lead of some packets.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Leads {
    low: i32,
    high: i32,
}

impl Leads {
    const NONE: Self = Self {
        low: i32::MAX / 2,
        high: i32::MIN / 2,
    };

    fn take(&mut self, lead: i32) {
        self.low = self.low.min(lead);
        self.high = self.high.max(lead);
    }

    fn shift(&mut self, by: i32) {
        if self.low <= self.high {
            self.low += by;
            self.high += by;
        }
    }

    fn jitter(self, frame: i32) -> bool {
        self.high.div_euclid(frame) - self.low.div_euclid(frame) >= JITTER_FRAMES
    }
}

impl Adaption {
    pub(crate) fn new(frame: u32) -> Self {
        Self {
            frame: frame as i32,
            packets: 0,
            leads: Leads::NONE,
            close: 0,
            roomy: 0,
            window: Leads::NONE,
            window_lows: 0,
            window_before: Leads::NONE,
            window_ticks: 0,
            patience_ticks: PATIENCE_TICKS,
            has_shrunk: false,
            spare: 0,
            spare_ticks: 0,
            burst_ticks: None,
            slips: Slips::None,
        }
    }

    /// A packet arrived with this lead; negative: so much too late. Says by how much the delay is
    /// to grow.
    pub(crate) fn arrived(&mut self, lead: i32) -> u32 {
        let depth_max = DEPTH_FRAMES_MAX * self.frame;
        if lead < -depth_max {
            // Nothing that could be waited for.
            return 0;
        }
        if self.slips.is_reserved() && lead < self.frame {
            self.slips.slipped();
            self.leads = Leads::NONE;
        } else if (-self.frame..0).contains(&lead) && !self.window.jitter(self.frame) {
            self.slips.slipped();
        }
        if lead < 0 && self.packets > LEARNING_PACKETS {
            self.surprise();
        }
        self.packets = self.packets.saturating_add(1);
        self.leads.take(lead);
        if self.window_ticks >= SETTLING_TICKS {
            let frames = |lead: i32| lead.div_euclid(self.frame);
            let below = frames(lead) < frames(self.window.low);
            let at = frames(lead) == frames(self.window.low);
            self.window_lows = u32::from(at || below) + if below { 0 } else { self.window_lows };
            self.window.take(lead);
        }
        self.spare = self.spare.min(lead.max(0));
        let more = if self.is_close(lead.div_euclid(self.frame)) {
            self.frame
        } else {
            (-lead).max(0)
        };
        let more = more.min(depth_max - self.deepest()).max(0);
        if more > 0 {
            self.shift(more);
            self.open_window();
        }
        more as u32
    }

    /// A line that was known does what it never did: it is new again.
    fn surprise(&mut self) {
        self.packets = 0;
        self.leads = Leads::NONE;
        self.spare = 0;
        if self.has_shrunk {
            self.has_shrunk = false;
            self.patience_ticks = (self.patience_ticks * 2).min(PATIENCE_TICKS_MAX);
        }
    }

    /// Whether packets of a line that is being learnt make it by less than its jitter is wide.
    fn is_close(&mut self, frames: i32) -> bool {
        self.close = self.close.saturating_add(u32::from(frames == 0));
        self.roomy = self.roomy.saturating_add(u32::from(frames > 0));
        // One may be the rest of a single stall, two are a habit; but if most are close, it was
        // the others that came in a heap, after a late tick.
        frames == 0
            && (FEW_PACKETS..=LEARNING_PACKETS).contains(&self.packets)
            && self.leads.jitter(self.frame)
            && (2..=self.roomy).contains(&self.close)
    }

    fn open_window(&mut self) {
        self.window_before = self.window;
        self.window = Leads::NONE;
        self.window_lows = 0;
        self.window_ticks = 0;
    }

    fn deepest(&self) -> i32 {
        self.leads
            .high
            .max(self.window.high)
            .max(self.window_before.high)
    }

    /// The usual lead of a packet that made good time.
    pub(crate) fn high(&self) -> i32 {
        self.leads.high
    }

    /// A tick went by. By how much the delay is to grow, lest the next slip be heard.
    pub(crate) fn reserve(&mut self) -> u32 {
        let room = DEPTH_FRAMES_MAX * self.frame - self.deepest();
        if !self.slips.tick() || room < self.frame {
            return 0;
        }
        self.shift(self.frame);
        self.frame as u32
    }

    /// A tick went by. By how much the delay may shrink.
    pub(crate) fn tick(&mut self) -> u32 {
        self.window_ticks += 1;
        if self.window_ticks >= self.patience_ticks {
            let seen = self.window.low <= self.window.high;
            let rare = self.window.jitter(self.frame) && self.window_lows < OFTEN_PACKETS;
            let margin = rare || self.slips.is_reserved();
            let margin = i32::from(margin) * self.frame;
            self.spare = if seen {
                (self.window.low - margin).max(0)
            } else {
                0
            };
            self.burst_ticks = None;
            self.open_window();
        }
        if self.spare < self.frame / SPARE_PARTS {
            self.spare = 0;
            self.burst_ticks = None;
        }
        self.burst_ticks = self.burst_ticks.map(|ticks| ticks.saturating_add(1));
        self.spare_ticks = if self.spare >= self.frame {
            self.spare_ticks + 1
        } else {
            0
        };
        self.spare as u32
    }

    /// A burst has left so much delay, which is not needed if what follows comes in time.
    pub(crate) fn hurry(&mut self, spare: u32) {
        self.spare = spare as i32;
        self.burst_ticks = (spare > 0).then_some(0);
    }

    /// Returns the age of the delay that a burst has left, of its longest age; `None` if there
    /// is none.
    pub(crate) fn hurries(&self) -> Option<f32> {
        let ticks = self.burst_ticks?;
        Some(ticks as f32 / BURST_TICKS_MAX as f32)
    }

    /// How long what is spare has waited to go, of as long as it may.
    pub(crate) fn waited(&self) -> f32 {
        self.spare_ticks as f32 / SPARE_TICKS_MAX as f32
    }

    /// The delay shrank by so much.
    pub(crate) fn shrunk(&mut self, by: u32) {
        let by = by as i32;
        self.spare = (self.spare - by).max(0);
        self.has_shrunk = true;
        self.shift(-by);
    }

    /// The delay grew by so much, beyond what was asked for.
    pub(crate) fn grown(&mut self, by: u32) {
        self.shift(by as i32);
    }

    fn shift(&mut self, by: i32) {
        self.close = 0;
        self.roomy = 0;
        self.leads.shift(by);
        self.window.shift(by);
        self.window_before.shift(by);
    }
}
