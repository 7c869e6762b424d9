//! Model of event delivery, with records of its own: events arrive in order; only rejected, final
//! and expired ones are missing. No receiver delays another, back-off is respected, and bounds are
//! never exceeded.

use core::time::Duration;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

use confab_delivery::{After, Attempt, Bounds, Full, Outcome};
use confab_switchboard::About;
use confab_terms::Instant;

use crate::hooks::{ReceiverId, WELL_MAX};
use crate::outcome::Checked;
use crate::post::Hook;

pub(crate) struct Inbox {
    bounds: Bounds,
    lifetime: Duration,
    lines: BTreeMap<About, Line>,
    receivers: BTreeMap<ReceiverId, Receiver>,
    /// Number of events in all lines.
    count: usize,
    bytes: usize,
    places: usize,
    /// True once all places were taken: from then on, receivers may wait for each other.
    scarce: bool,
    dropped: u64,
    dropped_told: u64,
}

#[derive(Default)]
struct Receiver {
    count: usize,
    bytes: usize,
    places: usize,
    /// True once all places of this receiver were taken.
    scarce: bool,
    /// True if the receiver is or was unhealthy.
    unwell: bool,
    /// End of the back-off: no attempt begins before.
    rests_until: Option<Instant>,
    /// Failures since the last response.
    failures: u32,
    failed_at: Instant,
}

#[derive(Default)]
struct Line {
    to: ReceiverId,
    waiting: VecDeque<Waiting>,
    under_way: Option<Instant>,
    /// Numbers that may be missing: rejected, final or expired.
    lost: BTreeSet<u64>,
    wanted: Option<u64>,
    read: Option<u64>,
}

struct Waiting {
    number: u64,
    sequence: u64,
    bytes: usize,
    pushed: Instant,
    read: bool,
    /// Deadline of the delivery; set while the receiver is healthy.
    due: Option<Instant>,
}

impl Inbox {
    pub(crate) fn new(bounds: Bounds, lifetime: Duration) -> Self {
        Self {
            bounds,
            lifetime,
            lines: BTreeMap::new(),
            receivers: BTreeMap::new(),
            count: 0,
            bytes: 0,
            places: 0,
            scarce: false,
            dropped: 0,
            dropped_told: 0,
        }
    }

    pub(crate) fn pushed(
        &mut self,
        now: Instant,
        (to, well): (ReceiverId, bool),
        hook: &Hook,
        bytes: usize,
        taken: Result<(), Full>,
    ) -> Checked {
        let bounds = self.bounds;
        let receiver = self.receivers.entry(to).or_default();
        receiver.unwell |= !well;
        let line = self.lines.entry(hook.about).or_default();
        line.to = to;
        line.wanted = Some(hook.sequence);
        let ahead = line.waiting.len();
        let room = receiver.count < bounds.count_of_one()
            && receiver.bytes + bytes <= bounds.bytes_of_one()
            && self.count < bounds.count
            && self.bytes + bytes <= bounds.bytes;
        match (taken, room) {
            (Ok(()), true) => {}
            (Ok(()), false) => return Err(format!("{hook:?} is one too many")),
            (Err(_), true) => return Err(format!("{hook:?} is rejected, though there is room")),
            (Err(Full { is_first }), false) => {
                self.dropped += 1;
                self.dropped_told += u64::from(is_first);
                line.lost.insert(hook.sequence);
                return Ok(());
            }
        }
        receiver.count += 1;
        receiver.bytes += bytes;
        self.count += 1;
        self.bytes += bytes;
        let in_time = WELL_MAX * (ahead as u32 + 1);
        let prompt = !receiver.unwell && !receiver.scarce && !self.scarce;
        line.waiting.push_back(Waiting {
            number: hook.number,
            sequence: hook.sequence,
            bytes,
            pushed: now,
            read: false,
            due: prompt.then_some(now + in_time),
        });
        Ok(())
    }

    /// Records the start of an attempt, and the reading by the application.
    pub(crate) fn sets_out(
        &mut self,
        now: Instant,
        attempt: &Attempt<About, ReceiverId, Hook>,
        read: bool,
    ) -> Checked {
        let wrong = |why: &str| Err(format!("{attempt:?}: {why}"));
        let line = self.lines.get_mut(&attempt.about);
        let (Some(line), Some(receiver)) = (line, self.receivers.get_mut(&attempt.to)) else {
            return wrong("of nobody");
        };
        if line.to != attempt.to {
            return wrong("goes to another's receiver");
        }
        if line.under_way.replace(now).is_some() {
            return wrong("another about the same is under way");
        }
        self.places += 1;
        receiver.places += 1;
        self.scarce |= self.places >= self.bounds.at_once;
        receiver.scarce |= receiver.places >= self.bounds.at_once_at_first;
        if self.places > self.bounds.at_once {
            return wrong("too many at once");
        }
        if receiver.places > self.bounds.at_once_to_one {
            return wrong("too many at once to one receiver");
        }
        if receiver.rests_until.is_some_and(|until| now < until) {
            return wrong("its receiver rests");
        }
        if attempt.within != self.bounds.attempt {
            return wrong("it may take too long");
        }
        let Some(first) = line.waiting.front_mut() else {
            return wrong("sent again");
        };
        if first.number != attempt.event.number {
            return wrong(&format!("out of order, {} is next", first.number));
        }
        if now >= first.pushed + self.lifetime {
            return wrong("it has expired");
        }
        if !read {
            return Ok(());
        }
        first.read = true;
        let sequence = first.sequence;
        match line.reads(attempt.about, sequence) {
            Ok(()) => Ok(()),
            Err(why) => wrong(&why),
        }
    }

    /// Records the end of an attempt; returns true if its error is final.
    pub(crate) fn answered(
        &mut self,
        now: Instant,
        (to, about): (ReceiverId, About),
        outcome: Outcome,
        after: After,
    ) -> Result<bool, String> {
        let wrong = |why: &str| Err(format!("{about:?}: {outcome:?}, {after:?}: {why}"));
        let line = self.lines.entry(about).or_default();
        let receiver = self.receivers.entry(to).or_default();
        let Some(since) = line.under_way.take() else {
            return wrong("nothing was under way");
        };
        let Some(first) = line.waiting.front() else {
            return wrong("nothing was under way");
        };
        self.places -= 1;
        receiver.places -= 1;
        if first.due.is_some_and(|due| now > due) && !self.scarce && !receiver.scarce {
            return wrong("its receiver is well, and it comes late");
        }
        let is_final = match (outcome, after) {
            (Outcome::Delivered, After::Delivered) => false,
            (Outcome::Failed { .. }, After::Again { at, .. }) if passes(outcome) => {
                let paused = receiver.failed(now, since, at, outcome, &self.bounds);
                return paused.map(|()| false).or_else(|why| wrong(&why));
            }
            (Outcome::Failed { .. }, After::Final) if !passes(outcome) => {
                if !first.read {
                    line.lost.insert(first.sequence);
                }
                true
            }
            _ => return wrong("that does not follow"),
        };
        if answers(outcome) {
            (receiver.failures, receiver.rests_until) = (0, None);
        }
        self.leaves(about);
        Ok(is_final)
    }

    /// Records the end of an event's lifetime.
    pub(crate) fn expired(&mut self, now: Instant, hook: &Hook) -> Checked {
        let wrong = |why: &str| Err(format!("{hook:?} expires: {why}"));
        let line = self.lines.entry(hook.about).or_default();
        if line.under_way.is_some() {
            return wrong("it is under way");
        }
        match line.waiting.front() {
            Some(first) if first.number != hook.number => wrong("another is before it"),
            Some(first) if now < first.pushed + self.lifetime => wrong("too early"),
            None => wrong("it has left"),
            Some(first) => {
                if !first.read {
                    line.lost.insert(first.sequence);
                }
                self.leaves(hook.about);
                Ok(())
            }
        }
    }

    fn leaves(&mut self, about: About) {
        let line = self.lines.entry(about).or_default();
        let receiver = self.receivers.entry(line.to).or_default();
        if let Some(first) = line.waiting.pop_front() {
            self.count -= 1;
            self.bytes -= first.bytes;
            receiver.count -= 1;
            receiver.bytes -= first.bytes;
        }
        if receiver.count == 0 {
            // A receiver without events has no back-off.
            (receiver.failures, receiver.rests_until) = (0, None);
        }
    }

    /// Checks that, while a place is free, no event for a healthy receiver waits.
    pub(crate) fn nobody_waits_in_vain(&self) -> Checked {
        if self.places >= self.bounds.at_once {
            return Ok(());
        }
        let idle = |line: &Line| {
            let receiver = self.receivers.get(&line.to);
            let could = receiver.is_some_and(|receiver| {
                !receiver.unwell && receiver.places < self.bounds.at_once_at_first
            });
            could && line.under_way.is_none() && !line.waiting.is_empty()
        };
        match self.lines.iter().find(|(_, line)| idle(line)) {
            Some((about, _)) => Err(format!("{about:?} waits, and a place is free")),
            None => Ok(()),
        }
    }

    pub(crate) fn close(&self, left: usize) -> Checked {
        if (self.count, left, self.places) != (0, 0, 0) {
            return Err(format!(
                "{} callbacks are left, {left} by count",
                self.count
            ));
        }
        if self.dropped > 0 && self.dropped_told == 0 {
            return Err(format!("{} were rejected without a word", self.dropped));
        }
        for (about, line) in &self.lines {
            let came = line.read.map_or(first_of(*about), |read| read + 1);
            let due = line.wanted.map_or(came, |wanted| wanted + 1);
            if let Some(gap) = (came..due).find(|number| !line.lost.contains(number)) {
                return Err(format!("{about:?}: number {gap} never came"));
            }
        }
        Ok(())
    }
}

impl Receiver {
    /// Checks the back-off after a failure.
    fn failed(
        &mut self,
        now: Instant,
        since: Instant,
        at: Instant,
        outcome: Outcome,
        bounds: &Bounds,
    ) -> Result<(), String> {
        let before = self.rests_until.unwrap_or(now);
        let counts = self.failures == 0 || since > self.failed_at;
        if counts {
            self.failures += 1;
            self.failed_at = now;
        }
        let doubled = bounds.pause * 2_u32.pow((self.failures - 1).min(20));
        let nominal = doubled.min(bounds.pause_max);
        let (least, most) = match outcome {
            Outcome::Failed {
                retry_after: Some(after),
                ..
            } => {
                let pause = after.clamp(bounds.pause, bounds.retry_after_max);
                (pause, pause)
            }
            _ if counts => (nominal * 8 / 10, (nominal * 12 / 10).min(bounds.pause_max)),
            _ => (Duration::ZERO, Duration::ZERO),
        };
        if at < (now + least).max(before) || at > (now + most).max(before) {
            return Err(format!("a pause of {:?}", at.saturating_since(now)));
        }
        self.rests_until = Some(at);
        Ok(())
    }
}

impl Line {
    fn reads(&mut self, about: About, sequence: u64) -> Result<(), String> {
        let next = self.read.map_or(first_of(about), |read| read + 1);
        if sequence < next {
            // A retry, or conference-end, which is sent to two URLs.
            return match sequence + 1 == next {
                true => Ok(()),
                false => Err(format!("{sequence} is read after {}", next - 1)),
            };
        }
        self.read = Some(sequence);
        match (next..sequence).find(|number| !self.lost.contains(number)) {
            Some(gap) => Err(format!("read, and {gap} was not")),
            None => Ok(()),
        }
    }
}

/// Returns the first sequence number: 1 for conferences, 0 for calls.
fn first_of(about: About) -> u64 {
    match about {
        About::Conference(_) => 1,
        About::Call(_) => 0,
    }
}

/// Returns whether an error may be temporary, by the vendors' meaning of the status.
fn passes(outcome: Outcome) -> bool {
    match outcome {
        Outcome::Failed {
            code: 11_217,
            status,
            ..
        } => {
            matches!(status, Some(500 | 503 | 429))
        }
        Outcome::Failed { code, .. } => code == 11_200,
        _ => false,
    }
}

fn answers(outcome: Outcome) -> bool {
    match outcome {
        Outcome::Failed { status, .. } => status.is_some(),
        outcome => outcome == Outcome::Delivered,
    }
}
