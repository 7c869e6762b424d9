//! State of an outbox: receivers, and for each receiver the lines of its conferences and calls.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use confab_terms::Instant;
use serde::{Deserialize, Serialize};

use crate::Bounds;

/// Events `T` on their way to receivers `R`, in order for each receiver and conference or call `K`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Deliveries<K: Ord, R: Ord, T> {
    pub(crate) bounds: Bounds,
    pub(crate) receivers: BTreeMap<R, Receiver<K, T>>,
    /// Receivers that can begin an attempt, in turn. An entry may be out of date.
    pub(crate) turns: VecDeque<R>,
    /// Ends of the pauses of receivers, and of lines.
    pub(crate) pauses: BTreeSet<(Instant, R, Option<K>)>,
    /// Events whose lifetime has ended, not reported yet.
    pub(crate) expired: VecDeque<T>,
    /// Line behind which the next search for expired events begins.
    pub(crate) swept: Option<(R, K)>,
    /// Time of the next search.
    pub(crate) sweep_at: Instant,
    /// Attempts under way.
    pub(crate) under_way: usize,
    pub(crate) load: Load,
    /// State of the generator that jitters pauses.
    pub(crate) jitter: u64,
}

/// Events in some part of the outbox.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Load {
    pub(crate) count: usize,
    pub(crate) bytes: usize,
    /// True after a rejection, until at most half of the limit is in use.
    pub(crate) is_full: bool,
}

/// Receiver with events.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Receiver<K: Ord, T> {
    pub(crate) lines: BTreeMap<K, Line<T>>,
    /// Lines whose first event can be sent. An entry may be out of date.
    pub(crate) ready: VecDeque<K>,
    pub(crate) under_way: usize,
    /// Attempts that may be under way at once.
    pub(crate) allowed: usize,
    /// Failures since the last answer.
    pub(crate) failures: u32,
    /// Time of the last failure that was counted.
    pub(crate) failed_at: Instant,
    pub(crate) rests_until: Option<Instant>,
    /// True if the receiver is in `turns`.
    pub(crate) has_turn: bool,
    pub(crate) load: Load,
}

/// Events of one conference or call for one receiver. A line emptied by expiry remains until its
/// turn.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Line<T> {
    pub(crate) waiting: VecDeque<Waiting<T>>,
    pub(crate) first: First,
    /// Failures of the first event while the receiver answered others.
    pub(crate) faults: u32,
    /// Attempts at the first event.
    pub(crate) attempts: u32,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Waiting<T> {
    pub(crate) event: T,
    pub(crate) bytes: usize,
    pub(crate) expires: Instant,
}

/// State of the first event of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum First {
    /// The event waits for its turn.
    Ready,
    /// An attempt is under way.
    UnderWay { since: Instant },
    /// The line rests.
    Rests { until: Instant },
}

impl<K: Ord, T> Receiver<K, T> {
    pub(crate) fn new(bounds: &Bounds) -> Self {
        Self {
            lines: BTreeMap::new(),
            ready: VecDeque::new(),
            under_way: 0,
            allowed: bounds.at_once_at_first,
            failures: 0,
            failed_at: Instant::default(),
            rests_until: None,
            has_turn: false,
            load: Load::default(),
        }
    }

    pub(crate) fn can_begin(&self) -> bool {
        !self.ready.is_empty() && self.under_way < self.allowed && self.rests_until.is_none()
    }
}

impl<K: Copy + Ord, R: Clone + Ord, T: Clone> Deliveries<K, R, T> {
    /// Creates an empty outbox; `seed` determines the jitter of its pauses.
    #[must_use]
    pub fn new(bounds: Bounds, seed: u64) -> Self {
        Self {
            bounds,
            receivers: BTreeMap::new(),
            turns: VecDeque::new(),
            pauses: BTreeSet::new(),
            expired: VecDeque::new(),
            swept: None,
            sweep_at: Instant::default(),
            under_way: 0,
            load: Load::default(),
            jitter: seed,
        }
    }

    /// Returns the number of events, those in delivery included.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.load.count
    }

    /// Returns the number of bytes of all events.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.load.bytes
    }

    /// Returns true if no attempt is under way and none can begin before a pause ends.
    #[must_use]
    pub fn is_at_rest(&self) -> bool {
        let can_begin = |receiver: &Receiver<K, T>| receiver.can_begin();
        self.under_way == 0 && !self.receivers.values().any(can_begin)
    }

    /// Queues a receiver for its turn if an attempt can begin.
    pub(crate) fn offer(&mut self, to: &R) {
        if let Some(receiver) = self.receivers.get_mut(to)
            && receiver.can_begin()
            && !core::mem::replace(&mut receiver.has_turn, true)
        {
            self.turns.push_back(to.clone());
        }
    }

    /// Removes a receiver without events.
    pub(crate) fn tidy(&mut self, to: &R) {
        if let Some(receiver) = self.receivers.get(to)
            && receiver.load.count == 0
        {
            if let Some(until) = receiver.rests_until {
                self.pauses.remove(&(until, to.clone(), None));
            }
            self.receivers.remove(to);
        }
    }
}
