//! Returns memory that was freed in bulk to the system: hold music of many calls, recordings, a
//! burst of requests.

use std::time::Duration;

use confab_sockets::{free_bytes, give_back_free_memory, now, sleep_until};

/// Interval of the checks.
const INTERVAL: Duration = Duration::from_secs(1);
/// Growth of free memory since the last return after which the memory is returned, in bytes.
const WORTH_BYTES: u64 = 4 << 20;

/// Starts the checks, on a thread of their own.
pub(crate) fn watch() {
    let run = || {
        let mut level = free_bytes();
        loop {
            sleep_until(now() + INTERVAL);
            let free = free_bytes();
            level = level.min(free);
            if free - level < WORTH_BYTES {
                continue;
            }
            let began = now();
            give_back_free_memory();
            let took = now().saturating_since(began);
            tracing::debug!(free, ?took, "free memory is given back");
            // Returned pages still count as free.
            level = free_bytes();
        }
    };
    let started = std::thread::Builder::new().name("memory".into()).spawn(run);
    if let Err(error) = started {
        tracing::warn!(%error, "no thread to give free memory back on");
    }
}
