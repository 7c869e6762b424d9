//! Whether the machine lets the phones of this process speak in time. A gap that a late word makes
//! in what others hear says nothing of the server between them.

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
    mut wait: impl FnMut(Instant, Instant) -> Result<(), E>,
) -> Result<(Instant, Instant), E> {
    let give_up = now() + PATIENCE;
    loop {
        let from = now().max(last() + OVER);
        let to = from + how_long;
        wait(from, to)?;
        if last() + OVER <= from || now() > give_up {
            return Ok((from, to));
        }
    }
}

fn last() -> Instant {
    Instant(LAST.load(Ordering::Relaxed))
}
