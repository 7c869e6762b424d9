//! What reaches the application, by a record of its own: in order, each once but for what has to
//! be tried again, no number missing but of what was dropped or given up, nobody kept waiting by
//! another's hook, and never more than the bounds.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use confab_delivery::{After, Attempt, Bounds, Full, Outcome};
use confab_switchboard::About;
use confab_terms::Instant;

use crate::hooks::WELL_MAX;
use crate::outcome::Checked;
use crate::post::Hook;

pub(crate) struct Inbox {
    bounds: Bounds,
    lines: BTreeMap<About, Line>,
    /// In all lines.
    count: usize,
    bytes: usize,
    places: usize,
    /// At some time there was no place free: from then on some wait for others.
    scarce: bool,
    dropped: u64,
    dropped_told: u64,
}

#[derive(Default)]
struct Line {
    waiting: VecDeque<Waiting>,
    /// The first of them is under way, or was and is to be again.
    has_place: bool,
    under_way: bool,
    /// The numbers that need not come any more: dropped or given up.
    lost: BTreeSet<u64>,
    wanted: Option<u64>,
    read: Option<u64>,
}

struct Waiting {
    number: u64,
    sequence: u64,
    bytes: usize,
    attempts: u32,
    begun: Option<Instant>,
    read: bool,
    /// Its hook and those of all before it are well: by then it has been told.
    due: Option<Instant>,
}

impl Inbox {
    pub(crate) fn new(bounds: Bounds) -> Self {
        Self {
            bounds,
            lines: BTreeMap::new(),
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
        about: About,
        hook: &Hook,
        bytes: usize,
        well: bool,
        taken: Result<(), Full>,
    ) -> Checked {
        let bounds = self.bounds;
        let line = self.lines.entry(about).or_default();
        line.wanted = Some(hook.sequence);
        let ahead = line.waiting.len();
        let room = ahead < bounds.of_one
            && self.count < bounds.count
            && self.bytes + bytes <= bounds.bytes;
        match (taken, room) {
            (Ok(()), true) => {}
            (Ok(()), false) => return Err(format!("{about:?}: {hook:?} is one too many")),
            (Err(_), true) => {
                return Err(format!(
                    "{about:?}: {hook:?} is dropped, though there is room"
                ));
            }
            (Err(Full { first }), false) => {
                self.dropped += 1;
                self.dropped_told += u64::from(first);
                line.lost.insert(hook.sequence);
                return Ok(());
            }
        }
        self.count += 1;
        self.bytes += bytes;
        let in_time = WELL_MAX * (ahead as u32 + 1);
        line.waiting.push_back(Waiting {
            number: hook.number,
            sequence: hook.sequence,
            bytes,
            attempts: 0,
            begun: None,
            read: false,
            due: (well && !self.scarce).then_some(now + in_time),
        });
        Ok(())
    }

    /// An attempt begins; perhaps the application reads it.
    pub(crate) fn sets_out(
        &mut self,
        now: Instant,
        attempt: &Attempt<About, Hook>,
        read: bool,
    ) -> Checked {
        let wrong = |why: &str| Err(format!("{attempt:?}: {why}"));
        let Some(line) = self.lines.get_mut(&attempt.about) else {
            return wrong("nobody wanted it told");
        };
        if line.under_way {
            return wrong("another about the same is under way");
        }
        line.under_way = true;
        if !core::mem::replace(&mut line.has_place, true) {
            self.places += 1;
        }
        self.scarce |= self.places >= self.bounds.at_once;
        if self.places > self.bounds.at_once {
            return wrong("too many at once");
        }
        let Some(first) = line.waiting.front_mut() else {
            return wrong("told again");
        };
        if first.number != attempt.callback.number {
            return wrong(&format!("out of order, {} is next", first.number));
        }
        first.attempts += 1;
        let end = *first.begun.get_or_insert(now) + self.bounds.total;
        if first.attempts > self.bounds.attempts {
            return wrong("once too often");
        }
        if now + attempt.within > end {
            return wrong("it may take too long");
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

    pub(crate) fn answered(
        &mut self,
        now: Instant,
        about: About,
        outcome: Outcome,
        after: After,
    ) -> Checked {
        let bounds = self.bounds;
        let wrong = |why: &str| Err(format!("{about:?}: {outcome:?}, {after:?}: {why}"));
        let line = self.lines.entry(about).or_default();
        line.under_way = false;
        let Some(first) = line.waiting.front() else {
            return wrong("nothing was under way");
        };
        if first.due.is_some_and(|due| now > due) && !self.scarce {
            return wrong("its hook is well, and it comes late");
        }
        let pause = bounds.pause * (1 << (first.attempts - 1));
        let end = first.begun.unwrap_or(now) + bounds.total;
        let worth_it = passes(outcome) && first.attempts < bounds.attempts && now + pause < end;
        match (outcome, after) {
            (Outcome::Told, After::Told) => {}
            (Outcome::Failed { .. }, After::Again(at)) if worth_it && at == now + pause => {
                return Ok(());
            }
            (Outcome::Failed { .. }, After::GivenUp) if !worth_it => {
                if !first.read {
                    line.lost.insert(first.sequence);
                }
            }
            _ => return wrong("that does not follow"),
        }
        line.has_place = false;
        self.places -= 1;
        if let Some(first) = line.waiting.pop_front() {
            self.count -= 1;
            self.bytes -= first.bytes;
        }
        Ok(())
    }

    /// While a place is free, whatever could be sent is.
    pub(crate) fn nobody_waits_in_vain(&self) -> Checked {
        if self.places >= self.bounds.at_once {
            return Ok(());
        }
        let idle = |line: &Line| !line.has_place && !line.waiting.is_empty();
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
            return Err(format!(
                "{} were dropped, and nobody was told",
                self.dropped
            ));
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

impl Line {
    fn reads(&mut self, about: About, sequence: u64) -> Result<(), String> {
        let next = self.read.map_or(first_of(about), |read| read + 1);
        if sequence < next {
            // Tried again, or conference-end, which goes to two URLs.
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

/// Conferences count from 1, calls from 0.
fn first_of(about: About) -> u64 {
    match about {
        About::Conference(_) => 1,
        About::Call(_) => 0,
    }
}

/// What may be better in a second, as the vendors say what a status means.
fn passes(outcome: Outcome) -> bool {
    match outcome {
        Outcome::Told => false,
        Outcome::Failed {
            code: 11_217,
            status,
        } => {
            matches!(status, Some(500 | 503 | 429))
        }
        Outcome::Failed { code, .. } => code == 11_200,
    }
}
