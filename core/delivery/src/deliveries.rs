//! The lines of callbacks, one for each thing that they are about, and the places for those that
//! are under way.

use core::time::Duration;
use std::collections::{BTreeMap, VecDeque};

use confab_terms::Instant;
use serde::{Deserialize, Serialize};

use crate::{After, Bounds, Outcome};

/// Callbacks `T` on their way, in order within each `K`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Deliveries<K: Ord, T> {
    pub(crate) bounds: Bounds,
    pub(crate) lines: BTreeMap<K, Line<T>>,
    /// Those whose first could set out, oldest first.
    pub(crate) ready: VecDeque<K>,
    /// Places taken by those that are under way or are about to be tried again.
    taken: usize,
    pub(crate) count: usize,
    pub(crate) bytes: usize,
    /// Something was dropped for want of room in all, and its owner told.
    pub(crate) full: bool,
}

/// What is about one thing. There is none without a callback.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Line<T> {
    pub(crate) waiting: VecDeque<Waiting<T>>,
    pub(crate) first: First,
    /// Something was dropped for want of room here, and its owner told.
    pub(crate) full: bool,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Waiting<T> {
    pub(crate) callback: T,
    pub(crate) bytes: usize,
}

/// How far the first of a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum First {
    /// It has no place yet.
    Waits,
    /// Somebody is trying.
    UnderWay { number: u32, end: Instant },
    /// It is tried again soon, for this time.
    Rests { number: u32, end: Instant },
}

impl<T> Default for Line<T> {
    fn default() -> Self {
        Self {
            waiting: VecDeque::new(),
            first: First::Waits,
            full: false,
        }
    }
}

/// One attempt, to be made now; `Deliveries::attempted` must follow, whatever comes of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attempt<K, T> {
    /// What it is about.
    pub about: K,
    /// What is to be sent.
    pub callback: T,
    /// Which attempt at it, from 1.
    pub number: u32,
    /// By then it has failed, answered or not.
    pub within: Duration,
}

impl<K: Copy + Ord, T: Clone> Deliveries<K, T> {
    /// None yet.
    #[must_use]
    pub fn new(bounds: Bounds) -> Self {
        Self {
            bounds,
            lines: BTreeMap::new(),
            ready: VecDeque::new(),
            taken: 0,
            count: 0,
            bytes: 0,
            full: false,
        }
    }

    /// How many wait or are under way.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.count
    }

    /// The next to set out; to be asked until there is none, after each `push` and `attempted`.
    pub fn next_attempt(&mut self, now: Instant) -> Option<Attempt<K, T>> {
        if self.taken >= self.bounds.at_once {
            return None;
        }
        let about = self.ready.pop_front()?;
        self.taken += 1;
        self.sets_out(now, about, 1, now + self.bounds.total)
    }

    /// The pause before another attempt is over.
    pub fn again(&mut self, now: Instant, about: K) -> Option<Attempt<K, T>> {
        match self.lines.get(&about)?.first {
            First::Rests { number, end } => self.sets_out(now, about, number, end),
            First::Waits | First::UnderWay { .. } => None,
        }
    }

    fn sets_out(
        &mut self,
        now: Instant,
        about: K,
        number: u32,
        end: Instant,
    ) -> Option<Attempt<K, T>> {
        let line = self.lines.get_mut(&about)?;
        line.first = First::UnderWay { number, end };
        Some(Attempt {
            about,
            callback: line.waiting.front()?.callback.clone(),
            number,
            within: end.saturating_since(now),
        })
    }

    /// What came of the attempt about this that is under way.
    pub fn attempted(&mut self, now: Instant, about: K, outcome: Outcome) -> After {
        let Some(line) = self.lines.get_mut(&about) else {
            return After::GivenUp;
        };
        let First::UnderWay { number, end } = line.first else {
            return After::GivenUp;
        };
        let pause = self.bounds.pause * 2_u32.saturating_pow(number - 1);
        let again = now + pause;
        if outcome.may_pass() && number < self.bounds.attempts && again < end {
            let number = number + 1;
            line.first = First::Rests { number, end };
            return After::Again(again);
        }
        self.taken -= 1;
        self.take_first(about);
        match outcome {
            Outcome::Told => After::Told,
            Outcome::Failed { .. } => After::GivenUp,
        }
    }
}
