//! Shared budget of bytes.

use std::sync::atomic::{AtomicUsize, Ordering};

#[derive(Debug)]
pub(crate) struct Budget {
    bytes: usize,
    left: AtomicUsize,
}

impl Budget {
    pub(crate) fn new(bytes: usize) -> Self {
        let left = AtomicUsize::new(bytes);
        Self { bytes, left }
    }

    /// Takes this number of bytes, or nothing.
    pub(crate) fn take(&self, bytes: usize) -> bool {
        let taken = self
            .left
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| {
                left.checked_sub(bytes)
            });
        taken.is_ok()
    }

    pub(crate) fn give_back(&self, bytes: usize) {
        self.left.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Returns whether less than one of `parts` equal parts is left.
    pub(crate) fn has_less_than_one_of(&self, parts: usize) -> bool {
        self.left.load(Ordering::Relaxed) < self.bytes / parts
    }
}
