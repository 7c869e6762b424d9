//! Replacement for the crate `web-time`, by which neteq reads the time: a clock per thread that
//! advances only by `set`.

use std::cell::Cell;
use std::ops::{Add, Sub};

pub use std::time::Duration;

thread_local! {
    static NOW: Cell<Duration> = const { Cell::new(Duration::ZERO) };
}

/// Sets the clock of this thread.
pub fn set(now: Duration) {
    NOW.set(now);
}

/// Instant of the thread's clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(Duration);

impl Instant {
    /// Returns the time of the clock.
    pub fn now() -> Self {
        Self(NOW.get())
    }

    /// Returns the time since the instant.
    pub fn elapsed(&self) -> Duration {
        Self::now().duration_since(*self)
    }

    /// Returns the time since `earlier`; zero if `earlier` is later.
    pub fn duration_since(&self, earlier: Self) -> Duration {
        self.0.saturating_sub(earlier.0)
    }

    /// Returns the time since `earlier`; zero if `earlier` is later.
    pub fn saturating_duration_since(&self, earlier: Self) -> Duration {
        self.duration_since(earlier)
    }

    /// Adds a duration; never `None` below the limit of `Duration`.
    pub fn checked_add(&self, by: Duration) -> Option<Self> {
        self.0.checked_add(by).map(Self)
    }

    /// Subtracts a duration; `None` before the start of the clock.
    pub fn checked_sub(&self, by: Duration) -> Option<Self> {
        self.0.checked_sub(by).map(Self)
    }
}

impl Add<Duration> for Instant {
    type Output = Self;

    fn add(self, by: Duration) -> Self {
        Self(self.0 + by)
    }
}

impl Sub<Duration> for Instant {
    type Output = Self;

    fn sub(self, by: Duration) -> Self {
        Self(self.0.saturating_sub(by))
    }
}

impl Sub for Instant {
    type Output = Duration;

    fn sub(self, earlier: Self) -> Duration {
        self.duration_since(earlier)
    }
}
