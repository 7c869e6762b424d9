//! Guard against panics of third-party codecs: the frame is lost, the thread continues.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};

static PANICS: AtomicU64 = AtomicU64::new(0);

/// Returns the number of panics in codecs since the process began. Each panic cost one frame and
/// the state of one codec.
#[must_use]
pub fn codec_panics() -> u64 {
    PANICS.load(Ordering::Relaxed)
}

/// Runs a third-party codec. Returns `None` after a panic; the caller then discards the codec's
/// state.
pub(crate) fn guard<T>(run: impl FnOnce() -> T) -> Option<T> {
    let result = catch_unwind(AssertUnwindSafe(run)).ok();
    if result.is_none() {
        PANICS.fetch_add(1, Ordering::Relaxed);
    }
    result
}
