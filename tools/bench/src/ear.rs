//! One listener: what arrived of the frames that the clock asks for, when, and what they hold of
//! the tone. Judged by the kernel's time of arrival, never by what the sender claims alone.

use confab_terms::Instant;
use confab_terms::limits::TICK;

use crate::histogram::Histogram;
use crate::tone::{Found, Tone};

const TICK_NS: u64 = TICK.as_nanos() as u64;
/// A frame that comes so much after its turn is late: many a jitter buffer would be empty.
const LATE_NS: u64 = 10_000_000;
/// A longer jump of the sequence is another stream.
const SEQUENCE_JUMP_MAX: u16 = 3_000;
/// Changes of the tone that are kept: far more than are made.
const CHANGES_MAX: usize = 4_096;

/// The moments between which frames count.
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

/// The head of a packet, and when it came.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Head {
    pub(crate) sequence: u16,
    pub(crate) timestamp: u32,
    pub(crate) arrived: Instant,
}

/// What one listener or all of them counted.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counts {
    /// Frames that came, each once.
    pub(crate) frames: u64,
    /// Frames that the clock asked for and that did not come.
    pub(crate) missing: u64,
    pub(crate) late: u64,
    /// Came again, or after a later one.
    pub(crate) repeated: u64,
    /// Gaps in the sequence numbers.
    pub(crate) lost: u64,
    /// Frames that were searched for the tone.
    pub(crate) searched: u64,
    /// Those of them without it.
    pub(crate) without_tone: u64,
    /// Those of them where its phase jumps.
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

/// One listener.
#[derive(Debug, Default)]
pub(crate) struct Ear {
    last: Option<Head>,
    /// When the stream's first frame would have come, had each come as soon as the soonest.
    origin: Option<i128>,
    /// Of the last frame, in timestamps since the first.
    elapsed: i64,
    in_window: Option<(Instant, Instant)>,
    counts: Counts,
    found: Option<Found>,
    /// When the tone came or went, in the frames as they arrived.
    pub(crate) changes: Vec<(Instant, bool)>,
}

impl Ear {
    /// A frame of `samples` timestamps; whether it is a new one.
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

    /// What the frame that has just arrived holds; `listens`: the tone ought to be there.
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

    /// What it counted, with what should have come.
    pub(crate) fn counted(&self, window: Window) -> Counts {
        let ticks = |ns: u64| (ns as f64 / TICK_NS as f64).round() as u64;
        // Before the first and after the last it is only known that more than one tick is wrong.
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
