//! Whether the machine lets the phones of this process speak in time. A gap that a late word makes
//! in what others hear says nothing of the server between them.

use std::io::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use confab_sockets::now;
use confab_terms::Instant;

/// Words that are this late leave a gap: a jitter buffer makes up for less.
pub const LATE: Duration = Duration::from_millis(40);
/// After that what they did to what is heard is over.
const OVER: Duration = Duration::from_millis(400);
/// Then what was heard counts as it is.
const PATIENCE: Duration = Duration::from_secs(30);

/// Measurements of this process that were taken again.
static REPEATS: AtomicU64 = AtomicU64::new(0);

/// When anybody last found that he had not spoken in time.
static LAST: AtomicU64 = AtomicU64::new(0);

/// Somebody found it now.
pub fn note_late(at: Instant) {
    LAST.fetch_max(at.0, Ordering::Relaxed);
}

/// A stretch of so long in which nobody spoke late. `wait` waits from its beginning to its end.
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

/// As `in_time`; calls `on_repeat` for each stretch that does not count.
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

/// Counts a measurement that is taken again, and writes it to standard error: past the capture of
/// libtest, so that the layer counts all of them.
pub fn note_repeated(reason: &str) {
    let count = REPEATS.fetch_add(1, Ordering::Relaxed) + 1;
    let line = format!("measurement repeated: {reason} ({count} in this process)\n");
    let _closed = std::io::stderr().write_all(line.as_bytes());
}

/// Returns the number of measurements of this process that were taken again.
#[must_use]
pub fn repeats() -> u64 {
    REPEATS.load(Ordering::Relaxed)
}

fn last() -> Instant {
    Instant(LAST.load(Ordering::Relaxed))
}
