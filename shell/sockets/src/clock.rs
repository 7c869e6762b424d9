//! Monotonic clock and wall clock, and sleeping until a point in time: a duration would drift.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use confab_terms::{Instant, Now, WallTime};

/// Returns the time of `CLOCK_MONOTONIC`, which never goes back.
#[must_use]
pub fn now() -> Instant {
    Instant(nanoseconds(libc::CLOCK_MONOTONIC))
}

/// Returns the time of day.
#[must_use]
pub fn wall() -> WallTime {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    WallTime(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

/// Returns the times of both clocks.
#[must_use]
pub fn now_both() -> Now {
    Now {
        instant: now(),
        wall: wall(),
    }
}

/// Sleeps until `deadline` on the clock of [`now`]; returns at once if it has passed.
pub fn sleep_until(deadline: Instant) {
    let until = timespec(Duration::from_nanos(deadline.0));
    loop {
        // SAFETY: `until` lives through the call; no remainder is requested.
        let failed = unsafe {
            libc::clock_nanosleep(
                libc::CLOCK_MONOTONIC,
                libc::TIMER_ABSTIME,
                &raw const until,
                std::ptr::null_mut(),
            )
        };
        if failed != libc::EINTR {
            return;
        }
    }
}

/// Returns the time of a kernel clock, in nanoseconds.
pub(crate) fn nanoseconds(clock: libc::clockid_t) -> u64 {
    let mut at = timespec(Duration::ZERO);
    // SAFETY: `at` is owned here, and writable.
    let failed = unsafe { libc::clock_gettime(clock, &raw mut at) };
    assert_eq!(failed, 0, "the kernel has no clock {clock}");
    from_timespec(&at)
}

pub(crate) fn from_timespec(at: &libc::timespec) -> u64 {
    let seconds = u64::try_from(at.tv_sec).unwrap_or(0);
    seconds * 1_000_000_000 + u64::try_from(at.tv_nsec).unwrap_or(0)
}

pub(crate) fn timespec(since: Duration) -> libc::timespec {
    libc::timespec {
        tv_sec: libc::time_t::try_from(since.as_secs()).unwrap_or(libc::time_t::MAX),
        tv_nsec: libc::c_long::from(since.subsec_nanos().cast_signed()),
    }
}
