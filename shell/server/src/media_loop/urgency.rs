//! Real-time priority of a media thread, given up while the thread works almost continuously.
//! Otherwise a busy thread would leave no time of its processor to the other threads there, other
//! media threads included.

use std::time::Duration;

use confab_terms::Instant;

/// Time over which the share of work is measured.
const WINDOW: Duration = Duration::from_secs(1);
/// Share of a window that a thread at real-time priority may work.
const GIVEN_UP_BEYOND: f64 = 0.90;
/// Share of a window below which a window counts as recovered.
const RECOVERED_BELOW: f64 = 0.75;
/// Number of consecutive recovered windows after which the priority is regained.
const RECOVERED_WINDOWS: u32 = 5;
/// Maximum time between two ticks that is counted: a stall of the whole machine is not work.
const STEP_MAX: Duration = Duration::from_millis(100);

/// Change of priority that is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Change {
    GiveUp,
    Regain,
}

/// Share of work of a thread, and its priority.
#[derive(Debug, Default)]
pub(super) struct Urgency {
    last: Option<Instant>,
    /// Length of the current window so far, and the idle time in it.
    length: Duration,
    idle: Duration,
    /// Number of consecutive windows below `RECOVERED_BELOW`.
    recovered: u32,
    is_given_up: bool,
}

impl Urgency {
    /// Records a tick that ended at `now` and left `idle` until the next tick is due. The planned
    /// wait counts, not the actual wait: a thread that wakes up late had no processor.
    pub(super) fn tick(&mut self, now: Instant, idle: Duration) -> Option<Change> {
        let last = self.last.replace(now)?;
        self.length += now.saturating_since(last).min(STEP_MAX);
        self.idle += idle;
        if self.length < WINDOW {
            return None;
        }
        let idle = self.idle.as_secs_f64() / self.length.as_secs_f64();
        let share = 1.0 - idle.min(1.0);
        (self.length, self.idle) = (Duration::ZERO, Duration::ZERO);
        if !self.is_given_up {
            self.is_given_up = share > GIVEN_UP_BEYOND;
            return self.is_given_up.then_some(Change::GiveUp);
        }
        let is_recovered = share < RECOVERED_BELOW;
        self.recovered = if is_recovered { self.recovered + 1 } else { 0 };
        if self.recovered < RECOVERED_WINDOWS {
            return None;
        }
        self.recovered = 0;
        self.is_given_up = false;
        Some(Change::Regain)
    }

    /// Returns true between `GiveUp` and `Regain`.
    pub(super) fn is_given_up(&self) -> bool {
        self.is_given_up
    }
}

#[cfg(test)]
mod tests {
    use confab_terms::limits::TICK;

    use super::*;

    const MS: Duration = Duration::from_millis(1);

    /// Simulated thread whose ticks take `work` of `of`; `run` returns the changes.
    struct Thread {
        urgency: Urgency,
        now: Instant,
    }

    impl Thread {
        fn new() -> Self {
            Self {
                urgency: Urgency::default(),
                now: Instant::default(),
            }
        }

        fn run(&mut self, lasting: Duration, (work, of): (Duration, Duration)) -> Vec<Change> {
            let end = self.now + lasting;
            let mut changes = Vec::new();
            while self.now < end {
                self.now += of;
                changes.extend(self.urgency.tick(self.now, of.saturating_sub(work)));
            }
            changes
        }
    }

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn priority_is_given_up_within_two_seconds_and_regained_after_five_calm_ones() {
        let mut thread = Thread::new();
        assert_eq!(thread.run(SECOND * 60, (MS * 17, TICK)), []);
        assert_eq!(
            thread.run(SECOND * 2, (MS * 24, MS * 24)),
            [Change::GiveUp],
            "at 120 %"
        );
        assert!(thread.urgency.is_given_up());
        assert_eq!(thread.run(SECOND * 60, (MS * 24, MS * 24)), []);
        assert_eq!(thread.run(SECOND * 60, (MS * 16, TICK)), [], "at 80 %");
        assert_eq!(thread.run(SECOND * 3, (MS * 10, TICK)), []);
        assert_eq!(thread.run(SECOND * 2, (MS * 19, TICK)), []);
        assert_eq!(thread.run(SECOND * 4, (MS * 10, TICK)), [], "counted anew");
        assert_eq!(thread.run(SECOND * 3, (MS * 10, TICK)), [Change::Regain]);
        assert!(!thread.urgency.is_given_up());
    }

    #[test]
    fn processor_shared_with_another_real_time_thread_counts_as_work() {
        // Each tick of 12 ms waits for 12 ms of another thread: the next tick is due at its end.
        let mut thread = Thread::new();
        assert_eq!(thread.run(SECOND * 2, (MS * 24, MS * 24)), [Change::GiveUp]);
    }

    #[test]
    fn stall_of_the_machine_gives_nothing_up() {
        let mut thread = Thread::new();
        for _ in 0..10 {
            assert_eq!(thread.run(SECOND * 10, (MS * 10, TICK)), []);
            assert_eq!(thread.run(SECOND * 3, (SECOND * 3, SECOND * 3)), []);
        }
    }
}
