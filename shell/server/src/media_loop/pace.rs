//! Pacing of the packets of a tick. A packet sent as soon as it is ready would arrive earlier or
//! later by the varying time of reading and mixing. So each packet has a moment at which it is
//! ready on 19 of 20 ticks. The lateness of a tick's beginning is left out: a stall of the machine
//! must not delay later ticks.

use std::time::Duration;

use confab_terms::Instant;

/// Number of packets that share a moment.
const TOGETHER: u32 = 32;
/// Minimum time to sleep: waking up may take a tenth of a millisecond.
const SLEEP_MIN: Duration = Duration::from_micros(300);
/// Maximum time from the beginning of a tick to the moment of its first packet.
const FIRST_MAX: Duration = Duration::from_millis(10);
/// Maximum time to the moment of the last packet; later moments belong to the next tick.
const LAST_MAX: Duration = Duration::from_millis(16);
/// Decrease of an estimate in each tick; an estimate that was too short grows by `GROWS_TIMES` as
/// much.
const LEARNS: Duration = Duration::from_micros(5);
const GROWS_TIMES: u32 = 19;

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Pace {
    /// Estimated time from the beginning of a tick to its first packet.
    first: Duration,
    /// Estimated time from the first packet to the last.
    spread: Duration,
    /// Number of packets of the previous tick, distributed over `spread`.
    usual: u32,
    due: Instant,
    ready: Instant,
    sent: u32,
    slept: Duration,
}

impl Pace {
    /// Records that the packets of a tick are ready.
    pub(super) fn begins(&mut self, (due, begun): (Instant, Instant), now: Instant) {
        learn(&mut self.first, now.saturating_since(begun));
        *self = Self {
            due,
            ready: now,
            usual: self.sent,
            sent: 0,
            slept: Duration::ZERO,
            ..*self
        };
    }

    /// Returns the moment of the next packet and the time until then, if the packet must wait; the
    /// caller then reports the wait with `slept`.
    pub(super) fn next(&mut self, now: impl FnOnce() -> Instant) -> Option<(Instant, Duration)> {
        let place = self.sent;
        self.sent += 1;
        if !place.is_multiple_of(TOGETHER) || self.usual <= TOGETHER {
            return None;
        }
        let first = self.first.min(FIRST_MAX);
        let spread = self.spread.min(LAST_MAX - first);
        let moment = self.due + first + spread * place.min(self.usual) / self.usual;
        let wait = moment.saturating_since(now());
        (wait >= SLEEP_MIN).then_some((moment, wait))
    }

    pub(super) fn slept(&mut self, long: Duration) {
        self.slept += long;
    }

    /// Records that all packets were sent; returns the time spent waiting in the tick.
    pub(super) fn ends(&mut self, now: Instant) -> Duration {
        let took = now.saturating_since(self.ready).saturating_sub(self.slept);
        learn(&mut self.spread, took);
        self.slept
    }
}

fn learn(expected: &mut Duration, took: Duration) {
    *expected = if took > *expected {
        took.min(*expected + LEARNS * GROWS_TIMES)
    } else {
        expected.saturating_sub(LEARNS).max(took)
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    /// Returns the time of each packet of a tick, relative to the tick; ready after `ready`, each
    /// packet takes `each`.
    fn tick(
        pace: &mut Pace,
        due: Instant,
        ready: Duration,
        (packets, each): (u32, Duration),
    ) -> Vec<Duration> {
        let mut now = due + ready;
        let mut left = Vec::new();
        pace.begins((due, due), now);
        for _ in 0..packets {
            if let Some((until, wait)) = pace.next(|| now) {
                assert_eq!(until, now + wait);
                pace.slept(wait);
                now = until;
            }
            left.push(now.saturating_since(due));
            now += each;
        }
        let waited = pace.ends(now);
        assert_eq!(now.saturating_since(due), ready + waited + each * packets);
        left
    }

    #[test]
    fn what_took_less_than_usual_does_not_leave_early() {
        let mut pace = Pace::default();
        let each = Duration::from_micros(3);
        // More than a twentieth of the ticks is slower than the rest.
        let ready = |n: u32| if n.is_multiple_of(8) { MS * 5 } else { MS * 3 };
        for n in 0..2_000 {
            tick(
                &mut pace,
                Instant::default() + MS * 20 * n,
                ready(n),
                (1_000, each),
            );
        }
        let slow = tick(&mut pace, Instant::default(), MS * 5, (1_000, each));
        let fast = tick(&mut pace, Instant::default(), MS * 3, (1_000, each * 2 / 3));
        for (slow, fast) in slow.iter().zip(&fast) {
            assert!(slow.abs_diff(*fast) < MS / 2, "{slow:?} and {fast:?}");
        }
    }

    #[test]
    fn a_few_packets_never_wait() {
        let mut pace = Pace::default();
        let few = (20, Duration::from_micros(3));
        for n in 0..100 {
            let left = tick(&mut pace, Instant::default(), MS * (n % 7), few);
            assert_eq!(left[0], MS * (n % 7));
        }
    }

    #[test]
    fn the_last_leaves_before_the_next_tick_whatever_was_usual() {
        let mut pace = Pace::default();
        let many = (2_000, Duration::from_micros(9));
        for _ in 0..3_000 {
            tick(&mut pace, Instant::default(), MS * 12, many);
        }
        let left = tick(&mut pace, Instant::default(), MS, (2_000, MS / 1_000));
        assert!(left[1_999] <= LAST_MAX + MS / 10, "{:?}", left[1_999]);
    }
}
