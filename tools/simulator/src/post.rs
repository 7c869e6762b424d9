//! Delivery of callbacks by the server's rules, over an HTTP network on the virtual clock.

use core::time::Duration;

use confab_delivery::{Attempt, Bounds, Deliveries, Item, Outcome, Step};
use confab_switchboard::{About, TimeOuts};
use confab_terms::Instant;
use confab_terms::limits::OUTBOX_LIFETIME;
use serde::{Deserialize, Serialize};

use crate::dice::Dice;
use crate::hooks::{Hooks, ReceiverId};
use crate::inbox::Inbox;
use crate::outcome::Checked;
use crate::queue::Arrival;
use crate::tally::Kind;
use crate::world::World;

/// Event for an application.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Hook {
    /// Number of the event, ascending in the order of the switchboard's outputs.
    pub(crate) number: u64,
    pub(crate) about: About,
    pub(crate) sequence: u64,
    pub(crate) time_outs: TimeOuts,
}

pub(crate) struct Post {
    pub(crate) deliveries: Deliveries<About, ReceiverId, Hook>,
    hooks: Hooks,
    pub(crate) inbox: Inbox,
    lifetime: Duration,
    count: u64,
    /// Scheduled time of the next look at the outbox.
    wakes_at: Option<Instant>,
}

impl Post {
    /// Creates the outbox of a run: every second one is small and soon full; in every second one
    /// events expire.
    pub(crate) fn new(mut dice: Dice) -> Self {
        let shared = Bounds {
            // Short enough for the end of a run.
            pause_max: Duration::from_millis(dice.between(2_000, 8_000)),
            retry_after_max: Duration::from_millis(dice.between(1_000, 6_000)),
            ..Bounds::default()
        };
        let bounds = match dice.coin() {
            true => shared,
            false => Bounds {
                count: dice.between(8, 60) as usize,
                bytes: dice.between(10_000, 100_000) as usize,
                receiver_share: dice.between(1, 4) as usize,
                at_once: dice.between(2, 8) as usize,
                at_once_to_one: dice.between(2, 4) as usize,
                at_once_at_first: dice.between(1, 2) as usize,
                at_once_to_failing: dice.between(1, 2) as usize,
                ..shared
            },
        };
        let lifetime = match dice.coin() {
            true => OUTBOX_LIFETIME,
            false => Duration::from_millis(dice.between(3_000, 20_000)),
        };
        Self {
            deliveries: Deliveries::new(bounds, dice.bits()),
            hooks: Hooks::new(dice),
            inbox: Inbox::new(bounds, lifetime),
            lifetime,
            count: 0,
            wakes_at: None,
        }
    }
}

impl World {
    /// Queues an event of the switchboard.
    pub(crate) fn post(
        &mut self,
        about: About,
        fields: &[(String, String)],
        time_outs: TimeOuts,
    ) -> Checked {
        let sequence = fields.iter().find(|(name, _)| name == "SequenceNumber");
        let sequence = sequence.and_then(|(_, number)| number.parse().ok());
        let Some(sequence) = sequence else {
            return Err(format!("an event of {about:?} without a number"));
        };
        let sizes = fields
            .iter()
            .map(|(name, value)| name.len() + value.len() + 64);
        let bytes = 256 + sizes.sum::<usize>();
        let post = &mut self.post;
        post.count += 1;
        let hook = Hook {
            number: post.count,
            about,
            sequence,
            time_outs,
        };
        let to = post.hooks.receiver(about);
        let well = post.hooks.is_well(to);
        let item = Item {
            about,
            event: hook.clone(),
            bytes,
            expires: self.now + post.lifetime,
        };
        let taken = post.deliveries.push(&to, item);
        if taken.is_err() {
            self.tally.count(Kind::NoRoom);
        }
        let inbox = &mut post.inbox;
        inbox.pushed(self.now, (to, well), &hook, bytes, taken)?;
        self.set_out()
    }

    fn set_out(&mut self) -> Checked {
        while let Some(step) = self.post.deliveries.next(self.now) {
            match step {
                Step::Send(attempt) => self.try_hook(&attempt)?,
                Step::Expired(hook) => {
                    self.trace(|| format!("   web: {hook:?} expires"));
                    self.tally.count(Kind::Expired);
                    self.post.inbox.expired(self.now, &hook)?;
                }
            }
        }
        let wakes_at = self.post.deliveries.wakes_at();
        if let Some(at) = wakes_at
            && self.post.wakes_at.is_none_or(|planned| at < planned)
        {
            self.post.wakes_at = Some(at);
            self.queue.push(at.max(self.now), Arrival::HooksAgain);
        }
        self.post.inbox.nobody_waits_in_vain()
    }

    fn try_hook(&mut self, attempt: &Attempt<About, ReceiverId, Hook>) -> Checked {
        let Attempt {
            to,
            about,
            event: Hook { time_outs, .. },
            within,
            ..
        } = *attempt;
        self.trace(|| format!("   web: {attempt:?}"));
        self.hash.word(self.now.0 ^ attempt.event.number);
        let (closing, tally) = (self.closing, &mut self.tally);
        let mut answer = self.post.hooks.answer(to, time_outs, closing, tally);
        if answer.after >= within {
            // The attempt times out, as in the server.
            answer.after = within;
            answer.outcome = Outcome::Failed {
                code: 11_200,
                status: None,
                retry_after: None,
            };
        }
        let inbox = &mut self.post.inbox;
        inbox.sets_out(self.now, attempt, answer.read)?;
        let outcome = answer.outcome;
        let arrival = Arrival::HookAnswered { to, about, outcome };
        self.queue.push(self.now + answer.after, arrival);
        Ok(())
    }

    pub(crate) fn hook_answered(
        &mut self,
        to: ReceiverId,
        about: About,
        outcome: Outcome,
    ) -> Checked {
        let after = self
            .post
            .deliveries
            .attempted(self.now, &to, about, outcome);
        self.trace(|| format!("   web: {about:?} {outcome:?}: {after:?}"));
        let gone = self
            .post
            .inbox
            .answered(self.now, (to, about), outcome, after)?;
        if gone {
            self.tally.count(Kind::GivenUp);
        }
        self.set_out()
    }

    pub(crate) fn hooks_again(&mut self) -> Checked {
        if self.post.wakes_at.is_some_and(|at| at <= self.now) {
            self.post.wakes_at = None;
        }
        self.set_out()
    }
}
