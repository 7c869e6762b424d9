//! Waiting for several descriptors, or for a point in time.

use std::os::fd::{AsFd, AsRawFd};
use std::time::Duration;

use confab_terms::Instant;

use crate::clock::{now, timespec};

/// Descriptors to wait for, identified by their place.
#[derive(Debug, Default)]
pub struct Poll {
    fds: Vec<libc::pollfd>,
}

impl Poll {
    /// Creates an empty set.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a descriptor to be read from; returns its place for `is_ready`.
    pub fn watch(&mut self, source: &impl AsFd) -> usize {
        self.add(source, libc::POLLIN)
    }

    /// Adds a descriptor to be read from and written to, or one that is being opened; returns its
    /// place.
    pub fn watch_both(&mut self, source: &impl AsFd) -> usize {
        self.add(source, libc::POLLIN | libc::POLLOUT)
    }

    fn add(&mut self, source: &impl AsFd, events: libc::c_short) -> usize {
        self.fds.push(libc::pollfd {
            fd: source.as_fd().as_raw_fd(),
            events,
            revents: 0,
        });
        self.fds.len() - 1
    }

    /// Removes all descriptors.
    pub fn clear(&mut self) {
        self.fds.clear();
    }

    /// Waits until a descriptor is ready or `until` has passed (`None`: without a limit). Returns
    /// the number of ready descriptors; 0 after a signal.
    pub fn wait(&mut self, until: Option<Instant>) -> usize {
        let left = until.map(|at| timespec(at.saturating_since(now())));
        let left = left
            .as_ref()
            .map_or(std::ptr::null(), std::ptr::from_ref::<libc::timespec>);
        let count = libc::nfds_t::try_from(self.fds.len()).unwrap_or(0);
        // SAFETY: `fds` holds `count` entries, and `left` lives through the call.
        let ready = unsafe { libc::ppoll(self.fds.as_mut_ptr(), count, left, std::ptr::null()) };
        usize::try_from(ready).unwrap_or_else(|_| {
            self.fds.iter_mut().for_each(|fd| fd.revents = 0);
            0
        })
    }

    /// Returns whether the descriptor at this place was ready or broken at the last `wait`.
    #[must_use]
    pub fn is_ready(&self, place: usize) -> bool {
        self.fds.get(place).is_some_and(|fd| fd.revents != 0)
    }

    /// Waits like `wait`, for at most this time.
    pub fn wait_for(&mut self, at_most: Duration) -> usize {
        self.wait(Some(now() + at_most))
    }
}
