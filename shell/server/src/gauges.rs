//! Counts of the threads, for `/metrics`: timing, and plain numbers of the core. No rules.

use std::array;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::metrics::{ENGINE_ROWS, SWITCHBOARD_ROWS};

/// Upper limits of the buckets of a `Spread`, in microseconds.
const UP_TO_US: [u64; 11] = [
    50, 100, 250, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 200_000,
];

/// Counts of all threads.
#[derive(Debug, Default)]
pub(crate) struct Gauges {
    /// Number of ticks of media threads.
    pub(crate) ticks: Count,
    /// Number of ticks that began more than 2 ms late.
    pub(crate) late_ticks: Count,
    /// Lateness of the beginning of ticks.
    pub(crate) tick_lateness: Spread,
    /// Duration of ticks.
    pub(crate) tick_length: Spread,
    /// Number of times that a media thread gave up real-time priority.
    pub(crate) priority_given_up: Count,
    /// Number of packets that the kernel did not accept.
    pub(crate) unsent: Count,
    /// Number of packets that the kernel dropped because the buffer of a media socket was full.
    pub(crate) socket_drops: Count,
    /// Number of datagrams that the kernel dropped because the buffer of the SIP socket was full.
    pub(crate) sip_drops: Level,
    /// Number of events of media threads dropped because the switchboard's queue was full for long.
    pub(crate) untold: Count,
    /// Number of media ports given up before use in an SDP, because a packet arrived.
    pub(crate) ports_given_up: Count,
    /// Duration of turns of the switchboard's thread: the delay of further input.
    pub(crate) switchboard_lag: Spread,
    /// Number of received SIP datagrams.
    pub(crate) sip_in: Count,
    /// Number of sent SIP datagrams.
    pub(crate) sip_out: Count,
    /// Number of SIP datagrams that the kernel did not accept.
    pub(crate) sip_unsent: Count,
    /// Current number of SIP connections.
    pub(crate) sip_connections: Level,
    /// Number of events that met a final error.
    pub(crate) callbacks_failed: Count,
    /// Number of events that expired.
    pub(crate) callbacks_expired: Count,
    /// Number of events that the full outbox rejected.
    pub(crate) callbacks_dropped: Count,
    /// Current number of dead letters on the disk.
    pub(crate) dead_letters: Level,
    /// Numbers of the engines, summed over all threads.
    pub(crate) engines: Mirror<ENGINE_ROWS>,
    /// Numbers of the switchboard.
    pub(crate) switchboard: Mirror<SWITCHBOARD_ROWS>,
}

/// Counter.
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

/// Value that rises and falls.
#[derive(Debug, Default)]
pub(crate) struct Level(AtomicU64);

impl Level {
    pub(crate) fn set(&self, level: usize) {
        self.0.store(level as u64, Ordering::Relaxed);
    }

    pub(crate) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// Histogram of durations, with the maximum.
#[derive(Debug, Default)]
pub(crate) struct Spread {
    counts: [AtomicU64; UP_TO_US.len()],
    beyond: AtomicU64,
    sum_ns: AtomicU64,
    worst_ns: AtomicU64,
}

impl Spread {
    pub(crate) fn note(&self, took: Duration) {
        let ns = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX);
        let place = UP_TO_US.iter().position(|&up_to| ns <= up_to * 1_000);
        place
            .map_or(&self.beyond, |place| &self.counts[place])
            .fetch_add(1, Ordering::Relaxed);
        self.sum_ns.fetch_add(ns, Ordering::Relaxed);
        self.worst_ns.fetch_max(ns, Ordering::Relaxed);
    }

    /// Returns the maximum in milliseconds.
    pub(crate) fn worst_ms(&self) -> f64 {
        seconds(&self.worst_ns) * 1_000.0
    }

    pub(crate) fn histogram(&self) -> confab_rest::Histogram {
        let buckets = UP_TO_US.iter().zip(&self.counts);
        confab_rest::Histogram {
            buckets: buckets
                .map(|(&up_to, count)| {
                    let up_to = Duration::from_micros(up_to).as_secs_f64();
                    (up_to, count.load(Ordering::Relaxed))
                })
                .collect(),
            beyond: self.beyond.load(Ordering::Relaxed),
            sum: seconds(&self.sum_ns),
        }
    }
}

fn seconds(nanoseconds: &AtomicU64) -> f64 {
    Duration::from_nanos(nanoseconds.load(Ordering::Relaxed)).as_secs_f64()
}

/// Numbers of the core as last published by a thread; sums over several threads.
#[derive(Debug)]
pub(crate) struct Mirror<const N: usize>([AtomicU64; N]);

impl<const N: usize> Default for Mirror<N> {
    fn default() -> Self {
        Self(array::from_fn(|_| AtomicU64::default()))
    }
}

impl<const N: usize> Mirror<N> {
    /// Replaces a thread's previously published numbers by its current numbers.
    pub(crate) fn show(&self, shown: &mut [u64; N], now: [u64; N]) {
        for ((sum, before), now) in self.0.iter().zip(shown).zip(now) {
            if *before != now {
                sum.fetch_add(now.wrapping_sub(*before), Ordering::Relaxed);
                *before = now;
            }
        }
    }

    pub(crate) fn get(&self, place: usize) -> u64 {
        self.0[place].load(Ordering::Relaxed)
    }
}

impl Gauges {
    /// Writes the counts as a line of the log.
    pub(crate) fn log(&self) {
        tracing::info!(
            ticks = self.ticks.get(),
            late_ticks = self.late_ticks.get(),
            tick_lateness_ms = self.tick_lateness.worst_ms(),
            tick_length_ms = self.tick_length.worst_ms(),
            unsent = self.unsent.get(),
            untold = self.untold.get(),
            switchboard_lag_ms = self.switchboard_lag.worst_ms(),
            log_left_out = crate::logging::left_out(),
            "how well the time was kept"
        );
    }
}
