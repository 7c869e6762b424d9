//! State of the outbox, and the events in memory.

use std::collections::BTreeMap;
use std::sync::Arc;

use confab_delivery::{Bounds, Deliveries, Full, Step};
use confab_switchboard::{About, FetchError};
use confab_terms::Instant;
use confab_terms::limits::{
    OUTBOX_CACHE_BYTES_MAX, OUTBOX_UNWRITTEN_BYTES_MAX, OUTBOX_UNWRITTEN_MAX,
};

use crate::callbacks::{Event, Journal};
use crate::limits::RECEIVER_ERRORS_MAX;

type Outbox = Deliveries<About, Arc<str>, u64>;

/// State of the outbox, and the events in memory.
pub(crate) struct State {
    pub(crate) deliveries: Outbox,
    pub(crate) last_id: u64,
    held: BTreeMap<u64, Held>,
    /// Total size of `held`, in bytes.
    held_bytes: usize,
    /// Last error of each failing receiver.
    errors: BTreeMap<Arc<str>, FetchError>,
    /// True if an event was rejected because too many events wait for the disk.
    is_memory_full: bool,
    /// True if no further attempt begins.
    is_stopped: bool,
    /// Time at which the outbox is checked again.
    pub(crate) wakes_at: Option<Instant>,
}

/// Event in memory. Other events are on the disk only.
pub(crate) struct Held {
    event: Arc<Event>,
    /// True if an attempt has begun.
    has_begun: bool,
    /// True if the journal has the event.
    is_kept: bool,
}

impl Held {
    pub(crate) fn new(event: Arc<Event>) -> Self {
        Self {
            event,
            has_begun: false,
            is_kept: false,
        }
    }
}

impl State {
    pub(crate) fn new(seed: u64, last_id: u64) -> Self {
        Self {
            deliveries: Deliveries::new(Bounds::default(), seed),
            last_id,
            held: BTreeMap::new(),
            held_bytes: 0,
            errors: BTreeMap::new(),
            is_memory_full: false,
            is_stopped: false,
            wakes_at: None,
        }
    }

    /// Checks the limits of events that wait for the disk.
    pub(crate) fn check_memory(&mut self, (count, bytes): (usize, usize)) -> Result<(), Full> {
        let (most, most_bytes) = (OUTBOX_UNWRITTEN_MAX, OUTBOX_UNWRITTEN_BYTES_MAX);
        if count >= most || bytes >= most_bytes {
            let is_first = !std::mem::replace(&mut self.is_memory_full, true);
            return Err(Full { is_first });
        }
        self.is_memory_full &= count > most / 2 || bytes > most_bytes / 2;
        Ok(())
    }

    pub(crate) fn hold(&mut self, id: u64, held: Held) {
        self.held_bytes += held.event.bytes;
        self.held.insert(id, held);
    }

    /// Returns an event that is in memory, and true if the journal has it, too.
    pub(crate) fn event(&self, id: u64) -> Option<(Arc<Event>, bool)> {
        let held = self.held.get(&id)?;
        Some((Arc::clone(&held.event), held.is_kept))
    }

    /// Removes an event from memory; returns true if the journal has the event.
    pub(crate) fn release(&mut self, id: u64) -> bool {
        let Some(held) = self.held.remove(&id) else {
            return true;
        };
        self.held_bytes -= held.event.bytes;
        held.is_kept
    }

    /// Writes an event to the journal, and may remove it from memory. Called with the lock held: an
    /// event must not end before the journal has it.
    pub(crate) fn keep(&mut self, id: u64, journal: &dyn Journal) {
        let Some(held) = self.held.get_mut(&id) else {
            return;
        };
        if !std::mem::replace(&mut held.is_kept, true) {
            journal.keep(id, &held.event);
        }
        if self.held_bytes > OUTBOX_CACHE_BYTES_MAX {
            self.release(id);
        }
    }

    pub(crate) fn keep_unless_begun(&mut self, id: u64, journal: &dyn Journal) {
        if self.held.get(&id).is_some_and(|held| !held.has_begun) {
            self.keep(id, journal);
        }
    }

    pub(crate) fn step(&mut self, now: Instant) -> Option<Step<About, Arc<str>, u64>> {
        if self.is_stopped {
            return None;
        }
        let step = self.deliveries.next(now)?;
        if let Step::Send(attempt) = &step
            && let Some(held) = self.held.get_mut(&attempt.event)
        {
            held.has_begun = true;
        }
        Some(step)
    }

    /// Begins no further attempt; writes the events that are only in memory to the journal.
    pub(crate) fn stop(&mut self, journal: &dyn Journal) {
        self.is_stopped = true;
        let ids: Vec<u64> = self.held.keys().copied().collect();
        for id in ids {
            self.keep(id, journal);
        }
    }

    /// Stores the last error of a receiver, for events that expire.
    pub(crate) fn remember_error(&mut self, to: &Arc<str>, error: FetchError) {
        let exchange = None;
        let error = FetchError { exchange, ..error };
        if self.errors.len() < RECEIVER_ERRORS_MAX || self.errors.contains_key(to) {
            self.errors.insert(Arc::clone(to), error);
        }
    }

    pub(crate) fn forget_error(&mut self, to: &Arc<str>) {
        self.errors.remove(to);
    }

    pub(crate) fn last_error(&self, to: &Arc<str>) -> Option<FetchError> {
        self.errors.get(to).cloned()
    }
}
