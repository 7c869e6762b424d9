//! Changes of the outbox that wait to be written. An event that ends before its row is written
//! needs no row.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use crate::dead_letters::DeadLetter;
use crate::outbox::{Ended, OutboxEvent};

/// Changes to write in one transaction.
#[derive(Default)]
pub(crate) struct OutboxBatch {
    pub(crate) events: Vec<(u64, Arc<OutboxEvent>)>,
    pub(crate) ended: Vec<Ended>,
}

/// Queue of changes.
#[derive(Default)]
pub(crate) struct OutboxQueue {
    events: BTreeMap<u64, Unwritten>,
    /// Total size of `events`, in bytes.
    bytes: usize,
    ended: VecDeque<Ended>,
    /// Ids of the events of the last batch.
    in_batch: Vec<u64>,
}

struct Unwritten {
    event: Arc<OutboxEvent>,
    /// True while the event is in the batch that is being written.
    is_in_batch: bool,
    /// True if the event has ended since the batch was made.
    has_ended: bool,
}

impl OutboxQueue {
    pub(crate) fn keep(&mut self, id: u64, event: Arc<OutboxEvent>) {
        self.bytes += event.bytes;
        let unwritten = Unwritten {
            event,
            is_in_batch: false,
            has_ended: false,
        };
        self.events.insert(id, unwritten);
    }

    pub(crate) fn ended(&mut self, ended: Ended) {
        let unwritten = self.events.get_mut(&ended.id);
        let needs_no_row = unwritten.is_some_and(|unwritten| {
            unwritten.has_ended = true;
            !unwritten.is_in_batch
        });
        if needs_no_row {
            self.remove(ended.id);
        }
        if !needs_no_row || ended.dead.is_some() {
            self.ended.push_back(ended);
        }
    }

    fn remove(&mut self, id: u64) {
        if let Some(unwritten) = self.events.remove(&id) {
            self.bytes -= unwritten.event.bytes;
        }
    }

    /// Returns number and bytes of the waiting events.
    pub(crate) fn unwritten(&self) -> (usize, usize) {
        (self.events.len(), self.bytes)
    }

    pub(crate) fn event(&self, id: u64) -> Option<Arc<OutboxEvent>> {
        let unwritten = self.events.get(&id);
        unwritten.map(|unwritten| Arc::clone(&unwritten.event))
    }

    /// Returns the waiting dead letters, oldest first.
    pub(crate) fn dead(&self) -> impl Iterator<Item = &Arc<DeadLetter>> {
        self.ended.iter().filter_map(|ended| ended.dead.as_ref())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.events.is_empty() && self.ended.is_empty()
    }

    /// Returns the next changes, at most `most` of each kind; they stay queued until `written`.
    pub(crate) fn batch(&mut self, most: usize) -> OutboxBatch {
        // The write of this batch failed: an event that has ended since must not be written after
        // its end.
        for id in core::mem::take(&mut self.in_batch) {
            match self.events.get_mut(&id) {
                Some(unwritten) if unwritten.has_ended => self.remove(id),
                Some(unwritten) => unwritten.is_in_batch = false,
                None => {}
            }
        }
        let events = self.events.iter_mut().take(most);
        let events = events.map(|(id, unwritten)| {
            unwritten.is_in_batch = true;
            (*id, Arc::clone(&unwritten.event))
        });
        let events: Vec<_> = events.collect();
        self.in_batch = events.iter().map(|(id, _)| *id).collect();
        let ended = self.ended.iter().take(most);
        let ended = ended.cloned().collect();
        OutboxBatch { events, ended }
    }

    /// Removes the changes of a batch that is on the disk.
    pub(crate) fn written(&mut self, batch: &OutboxBatch) {
        for (id, _) in &batch.events {
            self.remove(*id);
        }
        self.in_batch.clear();
        self.ended.drain(..batch.ended.len().min(self.ended.len()));
    }
}
