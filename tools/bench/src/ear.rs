//! Receiver of one listener: counts the frames of the clock, their arrival times, and the tone in
//! them. Uses the kernel's time of arrival, not only the sender's numbers.

use confab_terms::Instant;
use confab_terms::limits::TICK;

use crate::histogram::Histogram;
use crate::tone::{Found, Tone};

const TICK_NS: u64 = TICK.as_nanos() as u64;
/// Lateness of a frame that counts as late: many jitter buffers would be empty by then.
const LATE_NS: u64 = 10_000_000;
/// Maximum jump of the sequence numbers within a stream.
const SEQUENCE_JUMP_MAX: u16 = 3_000;
/// Maximum number of recorded changes of the tone; far more than occur.
const CHANGES_MAX: usize = 4_096;

/// Bounds of the time in which frames count.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Window {
    pub(crate) from: Instant,
    pub(crate) to: Instant,
}

impl Window {
    fn holds(self, at: Instant) -> bool {
        self.from <= at && at < self.to
    }

    pub(crate) fn seconds(self) -> f64 {
        self.to.saturating_since(self.from).as_secs_f64()
    }
}

/// Header fields of a packet, and its arrival.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Head {
    pub(crate) sequence: u16,
    pub(crate) timestamp: u32,
    pub(crate) arrived: Instant,
}

/// Counts of one listener or of all listeners.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counts {
    /// Distinct frames.
    pub(crate) frames: u64,
    /// Frames that were due but did not arrive.
    pub(crate) missing: u64,
    pub(crate) late: u64,
    /// Frames that arrived again, or after a later one.
    pub(crate) repeated: u64,
    /// Gaps in the sequence numbers.
    pub(crate) lost: u64,
    /// Frames that were searched for the tone.
    pub(crate) searched: u64,
    /// Searched frames without the tone.
    pub(crate) without_tone: u64,
    /// Searched frames with a jump of the tone's phase.
    pub(crate) slips: u64,
}

impl Counts {
    pub(crate) fn add(&mut self, other: Self) {
        self.frames += other.frames;
        self.missing += other.missing;
        self.late += other.late;
        self.repeated += other.repeated;
        self.lost += other.lost;
        self.searched += other.searched;
        self.without_tone += other.without_tone;
        self.slips += other.slips;
    }
}

/// State of one listener.
#[derive(Debug, Default)]
pub(crate) struct Ear {
    last: Option<Head>,
    /// Arrival of the first frame in ns, extrapolated from the frame with the least delay.
    origin: Option<i128>,
    /// Timestamp of the last frame, relative to the first.
    elapsed: i64,
    in_window: Option<(Instant, Instant)>,
    counts: Counts,
    found: Option<Found>,
    /// Changes of the tone, in order of arrival.
    pub(crate) changes: Vec<(Instant, bool)>,
}

impl Ear {
    /// Records a frame of `samples` timestamp units; returns true if the frame is new.
    pub(crate) fn arrives(
        &mut self,
        head: Head,
        samples: u32,
        window: Window,
        off_beat: &mut Histogram,
    ) -> bool {
        let counts = window.holds(head.arrived);
        let Some(last) = self.last else {
            self.begin(head);
            self.count(head, counts);
            return true;
        };
        let ahead = head.sequence.wrapping_sub(last.sequence).cast_signed();
        if ahead.unsigned_abs() > SEQUENCE_JUMP_MAX {
            self.begin(head);
            self.count(head, counts);
            return true;
        }
        if ahead <= 0 {
            self.counts.repeated += u64::from(counts);
            return false;
        }
        self.elapsed += i64::from(head.timestamp.wrapping_sub(last.timestamp).cast_signed());
        let turn = i128::from(self.elapsed) * i128::from(TICK_NS) / i128::from(samples.max(1));
        let origin = i128::from(head.arrived.0) - turn;
        let soonest = self.origin.map_or(origin, |soonest| soonest.min(origin));
        self.origin = Some(soonest);
        if counts {
            self.counts.lost += u64::from(ahead.unsigned_abs()) - 1;
            self.counts.late += u64::from(origin - soonest > i128::from(LATE_NS));
            let since = head.arrived.0.saturating_sub(last.arrived.0);
            off_beat.add(since.abs_diff(TICK_NS));
        }
        if ahead > 1 {
            self.found = None;
        }
        self.last = Some(head);
        self.count(head, counts);
        true
    }

    /// Analyzes the frame that has just arrived; `window` is set if the tone is expected.
    pub(crate) fn hears(
        &mut self,
        tone: &Tone,
        samples: &[i16],
        at: Instant,
        window: Option<Window>,
    ) {
        let found = tone.find(samples);
        let last = self.found.replace(found);
        if last.is_some_and(|last| last.is_there != found.is_there)
            && self.changes.len() < CHANGES_MAX
        {
            self.changes.push((at, found.is_there));
        }
        if window.is_none_or(|window| !window.holds(at)) {
            return;
        }
        self.counts.searched += 1;
        self.counts.without_tone += u64::from(!found.is_there);
        let went_on = last.filter(|last| last.is_there && found.is_there);
        self.counts.slips += u64::from(went_on.is_some_and(|last| tone.jumps(last, found)));
    }

    fn begin(&mut self, head: Head) {
        self.last = Some(head);
        self.origin = Some(i128::from(head.arrived.0));
        self.elapsed = 0;
        self.found = None;
    }

    fn count(&mut self, head: Head, counts: bool) {
        if counts {
            self.counts.frames += 1;
            let first = self.in_window.map_or(head.arrived, |(first, _)| first);
            self.in_window = Some((first, head.arrived));
        }
    }

    /// Returns the counts, with the number of missing frames.
    pub(crate) fn counted(&self, window: Window) -> Counts {
        let ticks = |ns: u64| (ns as f64 / TICK_NS as f64).round() as u64;
        // At both ends, a deviation below one and a half ticks is tolerated.
        let whole = |ns: u64| {
            if ns > TICK_NS * 3 / 2 {
                ns / TICK_NS
            } else {
                0
            }
        };
        let asked = match self.in_window {
            Some((first, last)) => {
                1 + ticks(last.0 - first.0)
                    + whole(first.0 - window.from.0)
                    + whole(window.to.0 - last.0)
            }
            None => (window.to.0 - window.from.0) / TICK_NS,
        };
        Counts {
            missing: asked.saturating_sub(self.counts.frames),
            ..self.counts
        }
    }
}
