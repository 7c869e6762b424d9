//! Adaptation of the delay to each packet's *lead*: the distance of its first sample, on arrival,
//! from the next needed sample. The delay grows fast and shrinks slowly. No samples are handled
//! here.

use serde::{Deserialize, Serialize};

use super::slips::Slips;

/// Maximum depth to which a buffer grows by itself, in frames: 200 ms.
pub(crate) const DEPTH_FRAMES_MAX: i32 = 10;
/// Number of packets for which a line is new (2 s). A new line with jitter gets one frame more than
/// was needed so far.
const LEARNING_PACKETS: u32 = 100;
/// Minimum number of packets to distinguish jitter from a stall.
const FEW_PACKETS: u32 = 25;
/// Minimum difference of leads that denotes jitter. A difference of one frame may come from two
/// clocks whose edges meet.
const JITTER_FRAMES: i32 = 2;
/// Time without a packet that needs a frame, after which the frame is spare: 40 s, or longer after
/// a wrong estimate.
const PATIENCE_TICKS: u32 = 2_000;
const PATIENCE_TICKS_MAX: u32 = 8_000;
/// Number of packets that show that a margin is unnecessary. A line with jitter keeps one frame
/// more than was needed, unless this many packets needed all but that frame. Later packets are then
/// rarer than one per window.
const OFTEN_PACKETS: u32 = 10;
/// Time after a growth for which leads are ignored (1 s): the cause of the growth is not typical.
const SETTLING_TICKS: u32 = 50;
/// Divisor of a frame: a smaller spare delay (2.5 ms) is not worth a change.
const SPARE_PARTS: i32 = 8;
/// Maximum wait of spare delay for a moment at which its removal is inaudible.
const SPARE_TICKS_MAX: u32 = 3_000;
/// Maximum wait of the delay after a burst for such a moment: 4 s.
const BURST_TICKS_MAX: u32 = 200;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Adaption {
    /// Timestamp units in 20 ms; unit of all leads.
    frame: i32,
    /// Number of packets since the line was new or last exceeded its known jitter.
    packets: u32,
    /// Leads of these packets.
    leads: Leads,
    /// Number of packets with a lead from zero to below one frame since the delay last changed.
    close: u32,
    /// Number of packets with a lead of one frame or more since the delay last changed.
    roomy: u32,
    window: Leads,
    /// Number of packets with the lowest lead of the window.
    window_lows: u32,
    window_before: Leads,
    window_ticks: u32,
    patience_ticks: u32,
    /// True if the delay shrank since the patience was last extended.
    has_shrunk: bool,
    /// Part of the delay that proved unnecessary.
    spare: i32,
    spare_ticks: u32,
    /// Ticks since a burst left the spare delay, while any of that delay is left.
    burst_ticks: Option<u32>,
    slips: Slips,
}

/// Lowest and highest lead of some packets.
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

    /// Processes the lead of an arrived packet; a negative lead is the lateness. Returns the amount
    /// by which the delay is to grow.
    pub(crate) fn arrived(&mut self, lead: i32) -> u32 {
        let depth_max = DEPTH_FRAMES_MAX * self.frame;
        if lead < -depth_max {
            // The packet is later than any possible delay.
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

    /// Treats a known line as new again after unusual lateness.
    fn surprise(&mut self) {
        self.packets = 0;
        self.leads = Leads::NONE;
        self.spare = 0;
        if self.has_shrunk {
            self.has_shrunk = false;
            self.patience_ticks = (self.patience_ticks * 2).min(PATIENCE_TICKS_MAX);
        }
    }

    /// Returns whether packets of a new line arrive with less lead than the width of its jitter.
    fn is_close(&mut self, frames: i32) -> bool {
        self.close = self.close.saturating_add(u32::from(frames == 0));
        self.roomy = self.roomy.saturating_add(u32::from(frames > 0));
        // One close packet may be the rest of a single stall; two show a habit. If most packets are
        // close, the others arrived in a heap after a late tick.
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

    /// Returns the usual lead of a punctual packet.
    pub(crate) fn high(&self) -> i32 {
        self.leads.high
    }

    /// Advances the slip prediction by one tick. Returns the amount by which the delay is to grow
    /// so that the next slip is inaudible.
    pub(crate) fn reserve(&mut self) -> u32 {
        let room = DEPTH_FRAMES_MAX * self.frame - self.deepest();
        if !self.slips.tick() || room < self.frame {
            return 0;
        }
        self.shift(self.frame);
        self.frame as u32
    }

    /// Advances by one tick. Returns the amount by which the delay may shrink.
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

    /// Notes the delay that a burst has left; punctual packets do not need this delay.
    pub(crate) fn hurry(&mut self, spare: u32) {
        self.spare = spare as i32;
        self.burst_ticks = (spare > 0).then_some(0);
    }

    /// Returns the age of the delay left by a burst, as a fraction of the maximum; `None` without
    /// such delay.
    pub(crate) fn hurries(&self) -> Option<f32> {
        let ticks = self.burst_ticks?;
        Some(ticks as f32 / BURST_TICKS_MAX as f32)
    }

    /// Returns the wait of the spare delay, as a fraction of the maximum.
    pub(crate) fn waited(&self) -> f32 {
        self.spare_ticks as f32 / SPARE_TICKS_MAX as f32
    }

    /// Notes that the delay shrank by `by`.
    pub(crate) fn shrunk(&mut self, by: u32) {
        let by = by as i32;
        self.spare = (self.spare - by).max(0);
        self.has_shrunk = true;
        self.shift(-by);
    }

    /// Notes that the delay grew by `by` beyond the requested amount.
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
