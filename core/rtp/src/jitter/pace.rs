//! Comparison of timestamps with arrivals. Some senders advance the timestamp slower or faster than
//! the samples in their packets. For such senders, sequence numbers place the packets.

use serde::{Deserialize, Serialize};

use crate::Header;

/// Deviation of a clock from the elapsed time, in frames, above which the clock is not used: 300
/// ms, more than a line's jitter.
const OFF_FRAMES: i32 = 15;
/// Minimum ratio by which the other clock must be nearer to the elapsed time.
const NEARER: i32 = 3;
/// Minimum number of timestamp steps that do not match the samples. A single one may be a jump,
/// which begins a new stream.
const ODD_STEPS_MIN: u16 = 10;
/// Number of ticks after which both clocks are reset to the elapsed time (20 s), since clocks of
/// senders drift.
const TICKS_MAX: u32 = 1_000;
/// Maximum step of the sequence number; a greater step is a jump.
const STEP_MAX: u16 = 100;
/// Bound of both deviations.
const COUNT_MAX: i32 = 1 << 28;

/// Deviation of the timestamps and the samples of one stream from the elapsed time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Pace {
    frame: i32,
    last: Option<Last>,
    /// True if sequence numbers place the packets, false if timestamps do.
    by_sequence: bool,
    /// Lead of the timestamps over the elapsed time.
    stamps: i32,
    /// Lead of the samples over the elapsed time, samples of lost packets included.
    samples: i32,
    odd_steps: u16,
    ticks: u32,
}

/// Newest packet.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Last {
    ssrc: u32,
    sequence: u16,
    timestamp: u32,
    /// Timestamp that placed the packet.
    placed: u32,
    samples: u32,
}

impl Pace {
    pub(crate) fn new(frame: u32) -> Self {
        Self {
            frame: frame as i32,
            last: None,
            by_sequence: false,
            stamps: 0,
            samples: 0,
            odd_steps: 0,
            ticks: 0,
        }
    }

    /// Advances by a number of ticks.
    pub(crate) fn tick(&mut self, ticks: u32) {
        self.ticks = self.ticks.saturating_add(ticks);
        if self.ticks >= TICKS_MAX {
            return self.reset();
        }
        let passed = self.frame.saturating_mul(ticks as i32);
        self.stamps = (self.stamps - passed).max(-COUNT_MAX);
        self.samples = (self.samples - passed).max(-COUNT_MAX);
    }

    fn reset(&mut self) {
        self.ticks = 0;
        self.stamps = 0;
        self.samples = 0;
        self.odd_steps = 0;
    }

    /// Returns the timestamp by which to place a packet.
    pub(crate) fn place(&self, header: &Header) -> u32 {
        let last = self.last.filter(|last| last.ssrc == header.ssrc);
        let Some(last) = last.filter(|_| self.by_sequence) else {
            return header.timestamp;
        };
        let ahead = header.sequence.wrapping_sub(last.sequence) as i16;
        let units = (last.samples as i32).wrapping_mul(ahead.into());
        last.placed.wrapping_add_signed(units)
    }

    /// Notes a packet that is newer than all others, or begins a stream. Returns true if the
    /// placement changes from this packet on, which keeps its own timestamp.
    pub(crate) fn accepted(&mut self, header: &Header, placed: u32, samples: u32) -> bool {
        let before = self.last.replace(Last {
            ssrc: header.ssrc,
            sequence: header.sequence,
            timestamp: header.timestamp,
            placed,
            samples,
        });
        let same = before.filter(|before| before.ssrc == header.ssrc);
        let Some(before) = same else {
            self.by_sequence = false;
            self.reset();
            return false;
        };
        let ahead = header.sequence.wrapping_sub(before.sequence);
        if !(1..=STEP_MAX).contains(&ahead) {
            self.reset();
            return false;
        }
        let step = header.timestamp.wrapping_sub(before.timestamp) as i32;
        let samples = (before.samples as i32).saturating_mul(ahead.into());
        self.stamps = self
            .stamps
            .saturating_add(step)
            .clamp(-COUNT_MAX, COUNT_MAX);
        self.samples = self.samples.saturating_add(samples).min(COUNT_MAX);
        self.odd_steps = self.odd_steps.saturating_add(u16::from(step != samples));
        let (used, other) = match self.by_sequence {
            true => (self.samples, self.stamps),
            false => (self.stamps, self.samples),
        };
        let is_off = used.abs() >= OFF_FRAMES * self.frame;
        let is_nearer = other.abs() <= used.abs() / NEARER;
        let changes = is_off && is_nearer && self.odd_steps >= ODD_STEPS_MIN;
        if changes {
            self.by_sequence = !self.by_sequence;
            self.reset();
            if let Some(last) = &mut self.last {
                last.placed = last.timestamp;
            }
        }
        changes
    }
}
