//! Load of the media threads, for the placement of rooms and calls.

use serde::{Deserialize, Serialize};

/// Granularity of load comparisons, in percent of a tick. The number of legs decides between
/// threads of similar load.
const STEP_PERCENT: u8 = 10;

/// All media threads, indexed from 0; at least one.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct ThreadLoads(Vec<Thread>);

/// State of a media thread.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
struct Thread {
    legs: usize,
    /// Share of each tick spent working, as last reported.
    busy_percent: u8,
    /// True if the thread accepts no more load.
    overloaded: bool,
}

impl ThreadLoads {
    pub(crate) fn new(count: u16) -> Self {
        Self(vec![Thread::default(); usize::from(count.max(1))])
    }

    /// Returns the least loaded thread.
    pub(crate) fn least_loaded(&self) -> u16 {
        let work = |thread: &Thread| {
            let busy = thread.busy_percent / STEP_PERCENT;
            (thread.overloaded, busy, thread.legs)
        };
        let threads = (0..).zip(&self.0);
        let least_loaded = threads.min_by_key(|&(number, thread)| (work(thread), number));
        least_loaded.map_or(0, |(number, _)| number)
    }

    pub(crate) fn is_overloaded(&self, thread: u16) -> bool {
        let thread = self.0.get(usize::from(thread));
        thread.is_none_or(|thread| thread.overloaded)
    }

    pub(crate) fn all_overloaded(&self) -> bool {
        self.0.iter().all(|thread| thread.overloaded)
    }

    pub(crate) fn set_load(&mut self, thread: u16, busy_percent: u8, overloaded: bool) {
        if let Some(thread) = self.at(thread) {
            thread.busy_percent = busy_percent;
            thread.overloaded = overloaded;
        }
    }

    pub(crate) fn add_leg(&mut self, thread: u16) {
        if let Some(thread) = self.at(thread) {
            thread.legs += 1;
        }
    }

    pub(crate) fn remove_leg(&mut self, thread: u16) {
        if let Some(thread) = self.at(thread) {
            thread.legs = thread.legs.saturating_sub(1);
        }
    }

    /// Returns the number of legs on all threads.
    pub(crate) fn legs(&self) -> usize {
        self.0.iter().map(|thread| thread.legs).sum()
    }

    fn at(&mut self, thread: u16) -> Option<&mut Thread> {
        self.0.get_mut(usize::from(thread))
    }
}

#[cfg(test)]
mod tests {
    use super::ThreadLoads;

    #[test]
    fn the_next_goes_where_least_is_done() {
        let mut threads = ThreadLoads::new(3);
        assert_eq!(threads.least_loaded(), 0);
        threads.add_leg(0);
        threads.add_leg(2);
        assert_eq!(threads.least_loaded(), 1);
        threads.set_load(1, 9, false);
        assert_eq!(threads.least_loaded(), 1, "that little is noise");
        threads.set_load(1, 12, false);
        assert_eq!(threads.least_loaded(), 0);
        threads.set_load(0, 3, true);
        assert_eq!(threads.least_loaded(), 2);
        threads.set_load(2, 80, false);
        assert_eq!(threads.least_loaded(), 1);
        assert!(!threads.all_overloaded());
        assert!(threads.is_overloaded(0) && !threads.is_overloaded(1));
    }

    #[test]
    fn a_thread_that_is_not_there_takes_nothing() {
        let mut threads = ThreadLoads::new(0);
        threads.add_leg(7);
        threads.remove_leg(0);
        assert_eq!(threads.legs(), 0);
        assert!(threads.is_overloaded(7));
        assert_eq!(threads.least_loaded(), 0);
    }
}
