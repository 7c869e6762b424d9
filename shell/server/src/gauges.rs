//! How well the threads keep their time: counted by them, read by others. Decides nothing.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Counts, each written by one thread.
#[derive(Debug, Default)]
pub(crate) struct Gauges {
    /// Ticks of media threads.
    pub(crate) ticks: Count,
    /// Ticks that began more than 2 ms late.
    pub(crate) late_ticks: Count,
    /// The latest that a tick began.
    pub(crate) tick_lateness: Worst,
    /// The longest that a tick took.
    pub(crate) tick_length: Worst,
    /// Packets that the kernel did not take.
    pub(crate) unsent: Count,
    /// What media threads told in vain, because nobody listened for long.
    pub(crate) untold: Count,
    /// The longest turn of the switchboard's thread: what comes in waits for so long.
    pub(crate) switchboard_lag: Worst,
}

/// Counts up.
#[derive(Debug, Default)]
pub(crate) struct Count(AtomicU64);

impl Count {
    pub(crate) fn add(&self, more: u64) {
        if more > 0 {
            self.0.fetch_add(more, Ordering::Relaxed);
        }
    }

    pub(crate) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// Remembers the largest.
#[derive(Debug, Default)]
pub(crate) struct Worst(AtomicU64);

impl Worst {
    pub(crate) fn note(&self, took: Duration) {
        let nanoseconds = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX);
        if nanoseconds > self.0.load(Ordering::Relaxed) {
            self.0.store(nanoseconds, Ordering::Relaxed);
        }
    }

    /// In milliseconds.
    pub(crate) fn ms(&self) -> f64 {
        Duration::from_nanos(self.0.load(Ordering::Relaxed)).as_secs_f64() * 1_000.0
    }
}

impl Gauges {
    /// One line for the log.
    pub(crate) fn log(&self) {
        tracing::info!(
            ticks = self.ticks.get(),
            late_ticks = self.late_ticks.get(),
            tick_lateness_ms = self.tick_lateness.ms(),
            tick_length_ms = self.tick_length.ms(),
            unsent = self.unsent.get(),
            untold = self.untold.get(),
            switchboard_lag_ms = self.switchboard_lag.ms(),
            "how well the time was kept"
        );
    }
}
