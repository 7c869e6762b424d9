//! A callback is taken in, if there is room.

use thiserror::Error;

use crate::Deliveries;
use crate::deliveries::{First, Line, Waiting};

/// There is no room: this one was dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("too many callbacks wait; this one was dropped")]
pub struct Full {
    /// The first that was dropped since half of the bound was free: its owner is to be told.
    pub first: bool,
}

impl<K: Copy + Ord, T: Clone> Deliveries<K, T> {
    /// Takes a callback of so many bytes in, behind the others about the same.
    pub fn push(&mut self, about: K, callback: T, bytes: usize) -> Result<(), Full> {
        let bounds = &self.bounds;
        if let Some(line) = self.lines.get_mut(&about)
            && line.waiting.len() >= bounds.of_one
        {
            let first = !core::mem::replace(&mut line.full, true);
            return Err(Full { first });
        }
        if self.count >= bounds.count || bytes > bounds.bytes.saturating_sub(self.bytes) {
            let first = !core::mem::replace(&mut self.full, true);
            return Err(Full { first });
        }
        self.count += 1;
        self.bytes += bytes;
        let line = self.lines.entry(about).or_insert_with(|| {
            self.ready.push_back(about);
            Line::default()
        });
        line.waiting.push_back(Waiting { callback, bytes });
        Ok(())
    }

    /// The first about this is told or given up.
    pub(crate) fn take_first(&mut self, about: K) {
        let Some(line) = self.lines.get_mut(&about) else {
            return;
        };
        line.first = First::Waits;
        if let Some(Waiting { bytes, .. }) = line.waiting.pop_front() {
            self.count -= 1;
            self.bytes -= bytes;
        }
        let bounds = &self.bounds;
        line.full &= line.waiting.len() > bounds.of_one / 2;
        self.full &= self.count > bounds.count / 2 || self.bytes > bounds.bytes / 2;
        if line.waiting.is_empty() {
            self.lines.remove(&about);
        } else {
            // Behind the others: nobody's crowd keeps all places.
            self.ready.push_back(about);
        }
    }
}
