//! Expiry: events whose lifetime has ended leave the outbox, whether or not their turn comes.

use core::ops::Bound;

use confab_terms::Instant;
use confab_terms::limits::{OUTBOX_SWEEP_LINES, OUTBOX_SWEEP_PAUSE};

use crate::Deliveries;
use crate::deliveries::{First, Line};

impl<T> Line<T> {
    fn is_expired(&self, now: Instant) -> bool {
        let is_under_way = matches!(self.first, First::UnderWay { .. });
        let first = self.waiting.front();
        !is_under_way && first.is_some_and(|first| first.expires <= now)
    }
}

impl<K: Copy + Ord, R: Clone + Ord, T: Clone> Deliveries<K, R, T> {
    /// Examines the next lines for expired events, if a search is due.
    pub(crate) fn sweep(&mut self, now: Instant) {
        if now < self.sweep_at {
            return;
        }
        self.sweep_at = now + OUTBOX_SWEEP_PAUSE;
        for (to, about) in self.next_expired(now) {
            self.expire(now, &to, about);
            self.tidy(&to);
        }
    }

    /// Returns the lines with an expired first event among the next `OUTBOX_SWEEP_LINES` lines.
    fn next_expired(&mut self, now: Instant) -> Vec<(R, K)> {
        let mut found = Vec::new();
        let from = self.swept.take();
        let first = match &from {
            Some((to, _)) => Bound::Included(to),
            None => Bound::Unbounded,
        };
        let mut left = OUTBOX_SWEEP_LINES;
        for (to, receiver) in self.receivers.range((first, Bound::Unbounded)) {
            let behind = match &from {
                Some((last, about)) if last == to => Bound::Excluded(*about),
                _ => Bound::Unbounded,
            };
            for (about, line) in receiver.lines.range((behind, Bound::Unbounded)) {
                if line.is_expired(now) {
                    found.push((to.clone(), *about));
                }
                left -= 1;
                if left == 0 {
                    self.swept = Some((to.clone(), *about));
                    return found;
                }
            }
        }
        found
    }

    /// Removes the events at the front of a line whose lifetime has ended.
    pub(crate) fn expire(&mut self, now: Instant, to: &R, about: K) {
        while let Some(receiver) = self.receivers.get(to)
            && let Some(line) = receiver.lines.get(&about)
            && line.is_expired(now)
            && let Some(event) = self.take_first(to, about)
        {
            self.expired.push_back(event);
        }
    }
}
