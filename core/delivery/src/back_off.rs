//! Back-off: a receiver rests after a failure, longer after each further failure. A line rests
//! alone if its receiver answers other lines.

use core::time::Duration;

use confab_terms::Instant;

use crate::deliveries::First;
use crate::{After, Deliveries, Outcome};

impl<K: Copy + Ord, R: Clone + Ord, T: Clone> Deliveries<K, R, T> {
    /// Processes a failure that another attempt may avoid.
    pub(crate) fn rest(
        &mut self,
        now: Instant,
        (to, about): (&R, K),
        since: Instant,
        outcome: Outcome,
    ) -> After {
        let jitter = self.next_jitter();
        let bounds = &self.bounds;
        let back_off = |failures: u32| {
            let doubled = 2_u32.saturating_pow(failures.saturating_sub(1).min(30));
            let pause = bounds.pause.saturating_mul(doubled).min(bounds.pause_max);
            (pause * jitter / 1_000).min(bounds.pause_max)
        };
        let Some(receiver) = self.receivers.get_mut(to) else {
            return After::Unknown;
        };
        let Some(line) = receiver.lines.get_mut(&about) else {
            return After::Unknown;
        };
        let was_up = receiver.failures == 0;
        // Attempts that were under way together and fail count as one failure.
        let counts = was_up || since > receiver.failed_at;
        let mut pause = Duration::ZERO;
        if counts {
            receiver.failures = receiver.failures.saturating_add(1);
            receiver.failed_at = now;
            receiver.allowed = bounds.at_once_to_failing;
            pause = back_off(receiver.failures);
        }
        if let Outcome::Failed {
            retry_after: Some(after),
            ..
        } = outcome
        {
            pause = after.clamp(bounds.pause, bounds.retry_after_max.max(bounds.pause));
        }
        if was_up {
            line.faults = line.faults.saturating_add(1);
        }
        let own = match line.faults {
            0 => Duration::ZERO,
            faults => back_off(faults),
        };
        let until = (now + pause).max(receiver.rests_until.unwrap_or(now));
        if let Some(before) = receiver.rests_until.replace(until) {
            self.pauses.remove(&(before, to.clone(), None));
        }
        self.pauses.insert((until, to.clone(), None));
        self.rest_line(to, about, now + own);
        After::Again {
            at: until,
            is_first: was_up,
        }
    }

    /// Pauses a line after an attempt.
    pub(crate) fn rest_line(&mut self, to: &R, about: K, until: Instant) -> After {
        if let Some(receiver) = self.receivers.get_mut(to)
            && let Some(line) = receiver.lines.get_mut(&about)
        {
            line.first = First::Rests { until };
            self.pauses.insert((until, to.clone(), Some(about)));
        }
        After::Again {
            at: until,
            is_first: false,
        }
    }

    /// Ends the pauses that have elapsed.
    pub(crate) fn end_pauses(&mut self, now: Instant) {
        while let Some((at, ..)) = self.pauses.first()
            && *at <= now
            && let Some((at, to, about)) = self.pauses.pop_first()
        {
            let Some(receiver) = self.receivers.get_mut(&to) else {
                continue;
            };
            match about {
                None if receiver.rests_until == Some(at) => receiver.rests_until = None,
                None => {}
                Some(about) => {
                    if let Some(line) = receiver.lines.get_mut(&about)
                        && line.first == (First::Rests { until: at })
                    {
                        line.first = First::Ready;
                        receiver.ready.push_back(about);
                    }
                }
            }
            self.offer(&to);
        }
    }

    /// Returns a factor for a pause, in thousandths: from 800 to 1,199 (SplitMix64).
    fn next_jitter(&mut self) -> u32 {
        self.jitter = self.jitter.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.jitter;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^= bits >> 31;
        800 + u32::try_from(bits % 400).unwrap_or(0)
    }
}
