//! Receivers of events at the applications: most answer; others time out, answer late, fail,
//! reject, or close the connection.

use core::time::Duration;
use std::collections::BTreeMap;

use confab_delivery::Outcome;
use confab_switchboard::{About, TimeOuts};

use crate::dice::Dice;
use crate::tally::{Kind, Tally};

/// Longest response time of a healthy receiver.
pub(crate) const WELL_MAX: Duration = Duration::from_millis(50);

/// Number of a receiver.
pub(crate) type ReceiverId = u8;

pub(crate) struct Hooks {
    dice: Dice,
    /// Probability of an unhealthy receiver, per mille.
    bad: u64,
    receivers: ReceiverId,
    receiver_of: BTreeMap<About, ReceiverId>,
    is_well: BTreeMap<ReceiverId, bool>,
}

/// Result of an attempt, and the time until it.
pub(crate) struct Answer {
    pub(crate) outcome: Outcome,
    pub(crate) after: Duration,
    /// True if the application received the event, whatever the response.
    pub(crate) read: bool,
}

impl Hooks {
    pub(crate) fn new(mut dice: Dice) -> Self {
        let bad = *dice.pick(&[0, 200, 500, 1_000]).unwrap_or(&0);
        let receivers = dice.between(1, 5) as ReceiverId;
        Self {
            dice,
            bad,
            receivers,
            receiver_of: BTreeMap::new(),
            is_well: BTreeMap::new(),
        }
    }

    /// Returns the receiver of the events of a conference or call.
    pub(crate) fn receiver(&mut self, about: About) -> ReceiverId {
        let (dice, receivers) = (&mut self.dice, self.receivers);
        let known = self.receiver_of.entry(about);
        *known.or_insert_with(|| dice.below(receivers.into()) as ReceiverId)
    }

    pub(crate) fn is_well(&mut self, receiver: ReceiverId) -> bool {
        let (dice, bad) = (&mut self.dice, self.bad);
        let known = self.is_well.entry(receiver);
        *known.or_insert_with(|| !dice.chance(bad))
    }

    /// Draws the result of an attempt. At the end of a run all receivers are healthy.
    pub(crate) fn answer(
        &mut self,
        receiver: ReceiverId,
        time_outs: TimeOuts,
        closing: bool,
        tally: &mut Tally,
    ) -> Answer {
        let well = self.is_well(receiver) || closing;
        let dice = &mut self.dice;
        let quick = Duration::from_micros(dice.between(100, WELL_MAX.as_micros() as u64));
        let ms = |ms: u32| Duration::from_millis(u64::from(ms));
        let failed = |code, status| Outcome::Failed {
            code,
            status,
            retry_after: None,
        };
        let answer = |outcome, after, read| Answer {
            outcome,
            after,
            read,
        };
        if well {
            return answer(Outcome::Delivered, quick, true);
        }
        match dice.weighted(&[300, 60, 80, 80, 180, 80, 70, 60, 90]) {
            0 => answer(Outcome::Delivered, quick, true),
            1 => {
                tally.count(Kind::HookUnreachable);
                answer(failed(11_200, None), ms(time_outs.open_ms), false)
            }
            2 => {
                tally.count(Kind::HookHangs);
                answer(failed(11_200, None), ms(time_outs.read_ms), true)
            }
            3 => {
                tally.count(Kind::HookTrickles);
                answer(failed(11_200, None), ms(time_outs.total_ms), true)
            }
            4 => {
                tally.count(Kind::HookFails);
                answer(busy(dice, tally), quick, true)
            }
            5 => {
                tally.count(Kind::HookResets);
                answer(failed(11_200, None), quick, dice.coin())
            }
            6 => {
                tally.count(Kind::HookRefuses);
                let status = *dice.pick(&[404, 403]).unwrap_or(&404);
                answer(failed(11_217, Some(status)), quick, true)
            }
            7 => {
                tally.count(Kind::HookForbidden);
                answer(failed(11_205, None), quick, false)
            }
            _ => {
                tally.count(Kind::HookSlow);
                let after = Duration::from_millis(dice.between(500, 4_500));
                answer(Outcome::Delivered, after, true)
            }
        }
    }
}

/// Draws a status that is retried, sometimes with `Retry-After`.
fn busy(dice: &mut Dice, tally: &mut Tally) -> Outcome {
    let status = *dice.pick(&[500, 503, 429]).unwrap_or(&500);
    let retry_after = dice.maybe(300, |dice| {
        tally.count(Kind::HookRetryAfter);
        Duration::from_secs(dice.between(0, 10))
    });
    Outcome::Failed {
        code: 11_217,
        status: Some(status),
        retry_after,
    }
}
