//! Detection of phones of this process that send late because of the machine. A gap that a late
//! packet causes in received audio is not a fault of the server.

use std::io::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use confab_sockets::now;
use confab_terms::Instant;

/// Delay from which a packet leaves a gap: a jitter buffer compensates for less.
pub const LATE: Duration = Duration::from_millis(40);
/// Time after which a late packet has no more effect on received audio.
const OVER: Duration = Duration::from_millis(400);
/// Time after which a measurement counts in spite of late packets.
const PATIENCE: Duration = Duration::from_secs(30);

/// Number of measurements of this process that were repeated.
static REPEATS: AtomicU64 = AtomicU64::new(0);

/// Latest time at which a phone sent late, in nanoseconds.
static LAST: AtomicU64 = AtomicU64::new(0);

/// Records that a phone sent late.
pub fn note_late(at: Instant) {
    LAST.fetch_max(at.0, Ordering::Relaxed);
}

/// Measures for `how_long` without a late phone, and returns beginning and end. `wait` gets the
/// beginning and the end, and waits from one to the other.
///
/// # Errors
///
/// Those of `wait`.
pub fn in_time<E>(
    how_long: Duration,
    wait: impl FnMut(Instant, Instant) -> Result<(), E>,
) -> Result<(Instant, Instant), E> {
    in_time_or(how_long, wait, || note_repeated("a phone was late"))
}

/// Measures like `in_time`; calls `on_repeat` for each measurement that does not count.
///
/// # Errors
///
/// Those of `wait`.
pub fn in_time_or<E>(
    how_long: Duration,
    mut wait: impl FnMut(Instant, Instant) -> Result<(), E>,
    mut on_repeat: impl FnMut(),
) -> Result<(Instant, Instant), E> {
    let give_up = now() + PATIENCE;
    loop {
        let from = now().max(last() + OVER);
        let to = from + how_long;
        wait(from, to)?;
        if last() + OVER <= from || now() > give_up {
            return Ok((from, to));
        }
        on_repeat();
    }
}

/// Counts a repeated measurement, and writes it to standard error, past the capture of libtest, so
/// that the test layer counts all of them.
pub fn note_repeated(reason: &str) {
    let count = REPEATS.fetch_add(1, Ordering::Relaxed) + 1;
    let line = format!("measurement repeated: {reason} ({count} in this process)\n");
    let _closed = std::io::stderr().write_all(line.as_bytes());
}

/// Returns the number of repeated measurements of this process.
#[must_use]
pub fn repeats() -> u64 {
    REPEATS.load(Ordering::Relaxed)
}

fn last() -> Instant {
    Instant(LAST.load(Ordering::Relaxed))
}
