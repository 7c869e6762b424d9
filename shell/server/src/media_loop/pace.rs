//! When the packets of a tick go out. A packet that left as soon as it was ready would come early
//! or late by all that reading and mixing took more or less than on the tick before; so each has
//! its moment, by which on nineteen ticks of twenty it is ready. How late a tick began is left out:
//! a stall of the machine is no reason to be late afterwards.

use std::time::Duration;

use confab_terms::Instant;

/// Packets that share a moment.
const TOGETHER: u32 = 32;
/// To sleep for less is not worth waking up for: it may take a tenth of a millisecond.
const SLEEP_MIN: Duration = Duration::from_micros(300);
/// The first packet's moment is this far into the tick at most,
const FIRST_MAX: Duration = Duration::from_millis(10);
/// the last one's this far: what comes then belongs to the next.
const LAST_MAX: Duration = Duration::from_millis(16);
/// One tick moves what is expected by so little, or by so many times as much if it was too short.
const LEARNS: Duration = Duration::from_micros(5);
const GROWS_TIMES: u32 = 19;

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Pace {
    /// From when a tick begins until its first packet.
    first: Duration,
    /// From the first packet until the last.
    spread: Duration,
    /// Packets of the tick before, over which `spread` goes.
    usual: u32,
    due: Instant,
    ready: Instant,
    sent: u32,
    slept: Duration,
}

impl Pace {
    /// A tick's packets are ready.
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

    /// The next packet is to go. Until when that has to wait, if it has to: then `slept` is to be
    /// told.
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

    /// All are gone. How long the tick only waited.
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

    /// When each packet of a tick left, from when it was due; ready after `ready`, each takes
    /// `each`.
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
        // More than one tick in twenty is slower than the rest.
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
