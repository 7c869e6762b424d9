//! Admission of events within the limits.

use std::collections::VecDeque;

use confab_terms::Instant;
use thiserror::Error;

use crate::Deliveries;
use crate::deliveries::{First, Line, Load, Receiver, Waiting};

/// The outbox has no room: the event was rejected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the outbox is full: the event was rejected")]
pub struct Full {
    /// True for the first rejection since half of the limit was free.
    pub is_first: bool,
}

/// Event with the properties that determine its delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Item<K, T> {
    /// Conference or call; order is kept within each.
    pub about: K,
    /// Event.
    pub event: T,
    /// Size in bytes.
    pub bytes: usize,
    /// End of the lifetime.
    pub expires: Instant,
}

impl Load {
    /// Returns an error if the part is full.
    fn check(&mut self, bytes: usize, (count_max, bytes_max): (usize, usize)) -> Result<(), Full> {
        if self.count < count_max && bytes <= bytes_max.saturating_sub(self.bytes) {
            return Ok(());
        }
        let is_first = !core::mem::replace(&mut self.is_full, true);
        Err(Full { is_first })
    }

    fn add(&mut self, bytes: usize) {
        self.count += 1;
        self.bytes += bytes;
    }

    fn remove(&mut self, bytes: usize, (count_max, bytes_max): (usize, usize)) {
        self.count -= 1;
        self.bytes -= bytes;
        self.is_full &= self.count > count_max / 2 || self.bytes > bytes_max / 2;
    }
}

impl<K: Copy + Ord, R: Clone + Ord, T: Clone> Deliveries<K, R, T> {
    /// Adds an event behind the others of its conference or call and receiver, if there is room.
    ///
    /// # Errors
    ///
    /// Fails if the outbox or the receiver's share is full.
    pub fn push(&mut self, to: &R, item: Item<K, T>) -> Result<(), Full> {
        self.check(to, item.bytes)?;
        self.restore(to, item);
        Ok(())
    }

    /// Checks that there is room for an event of this size.
    ///
    /// # Errors
    ///
    /// Fails if the outbox or the receiver's share is full.
    pub fn check(&mut self, to: &R, bytes: usize) -> Result<(), Full> {
        let bounds = &self.bounds;
        let of_one = (bounds.count_of_one(), bounds.bytes_of_one());
        if let Some(receiver) = self.receivers.get_mut(to) {
            receiver.load.check(bytes, of_one)?;
        } else if bytes > of_one.1 {
            return Err(Full { is_first: true });
        }
        self.load.check(bytes, (bounds.count, bounds.bytes))
    }

    /// Adds an event that was admitted before, regardless of the limits.
    pub fn restore(&mut self, to: &R, item: Item<K, T>) {
        let Item {
            about,
            event,
            bytes,
            expires,
        } = item;
        self.load.add(bytes);
        let bounds = &self.bounds;
        let receiver = self.receivers.entry(to.clone());
        let receiver = receiver.or_insert_with(|| Receiver::new(bounds));
        receiver.load.add(bytes);
        let line = receiver.lines.entry(about).or_insert_with(|| {
            receiver.ready.push_back(about);
            Line {
                waiting: VecDeque::new(),
                first: First::Ready,
                faults: 0,
                attempts: 0,
            }
        });
        line.waiting.push_back(Waiting {
            event,
            bytes,
            expires,
        });
        self.offer(to);
    }

    /// Removes and returns the first event of a line. The next event starts without failures.
    pub(crate) fn take_first(&mut self, to: &R, about: K) -> Option<T> {
        let bounds = &self.bounds;
        let of_one = (bounds.count_of_one(), bounds.bytes_of_one());
        let of_all = (bounds.count, bounds.bytes);
        let receiver = self.receivers.get_mut(to)?;
        let line = receiver.lines.get_mut(&about)?;
        let Waiting { event, bytes, .. } = line.waiting.pop_front()?;
        (line.faults, line.attempts) = (0, 0);
        receiver.load.remove(bytes, of_one);
        self.load.remove(bytes, of_all);
        Some(event)
    }
}
