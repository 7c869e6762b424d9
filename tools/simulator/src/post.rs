//! Callbacks are sent as the server sends them: by the same rules, over a web on the virtual clock.

use confab_delivery::{After, Attempt, Bounds, Deliveries, Outcome};
use confab_switchboard::{About, TimeOuts};
use serde::{Deserialize, Serialize};

use crate::dice::Dice;
use crate::hooks::Hooks;
use crate::inbox::Inbox;
use crate::outcome::Checked;
use crate::queue::Arrival;
use crate::tally::Kind;
use crate::world::World;

/// What is sent.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Hook {
    /// In the order in which the switchboard wanted them sent.
    pub(crate) number: u64,
    pub(crate) sequence: u64,
    pub(crate) time_outs: TimeOuts,
}

pub(crate) struct Post {
    pub(crate) deliveries: Deliveries<About, Hook>,
    hooks: Hooks,
    pub(crate) inbox: Inbox,
    count: u64,
}

impl Post {
    /// Every second sender is a small one, that is soon full.
    pub(crate) fn new(mut dice: Dice) -> Self {
        let bounds = match dice.coin() {
            true => Bounds::default(),
            false => Bounds {
                count: dice.between(8, 60) as usize,
                bytes: dice.between(10_000, 100_000) as usize,
                of_one: dice.between(3, 20) as usize,
                at_once: dice.between(1, 6) as usize,
                ..Bounds::default()
            },
        };
        Self {
            deliveries: Deliveries::new(bounds),
            hooks: Hooks::new(dice),
            inbox: Inbox::new(bounds),
            count: 0,
        }
    }
}

impl World {
    /// The switchboard wants it told.
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
            sequence,
            time_outs,
        };
        let well = post.hooks.is_well(about);
        let taken = post.deliveries.push(about, hook.clone(), bytes);
        if taken.is_err() {
            self.tally.count(Kind::NoRoom);
        }
        let inbox = &mut post.inbox;
        inbox.pushed(self.now, about, &hook, bytes, well, taken)?;
        self.set_out()
    }

    fn set_out(&mut self) -> Checked {
        while let Some(attempt) = self.post.deliveries.next_attempt(self.now) {
            self.try_hook(&attempt)?;
        }
        self.post.inbox.nobody_waits_in_vain()
    }

    fn try_hook(&mut self, attempt: &Attempt<About, Hook>) -> Checked {
        let Attempt {
            about,
            callback: Hook { time_outs, .. },
            within,
            ..
        } = *attempt;
        self.trace(|| format!("   web: {attempt:?}"));
        self.hash.word(self.now.0 ^ attempt.callback.number);
        let (closing, tally) = (self.closing, &mut self.tally);
        let mut answer = self.post.hooks.answer(about, time_outs, closing, tally);
        if answer.after >= within {
            // As the server does: it is not waited for any longer.
            answer.after = within;
            answer.outcome = Outcome::Failed {
                code: 11_200,
                status: None,
            };
        }
        let inbox = &mut self.post.inbox;
        inbox.sets_out(self.now, attempt, answer.read)?;
        let outcome = answer.outcome;
        let arrival = Arrival::HookAnswered { about, outcome };
        self.queue.push(self.now + answer.after, arrival);
        Ok(())
    }

    pub(crate) fn hook_answered(&mut self, about: About, outcome: Outcome) -> Checked {
        let after = self.post.deliveries.attempted(self.now, about, outcome);
        self.trace(|| format!("   web: {about:?} {outcome:?}: {after:?}"));
        self.post.inbox.answered(self.now, about, outcome, after)?;
        match after {
            After::Again(at) => self.queue.push(at, Arrival::HookAgain(about)),
            After::GivenUp => self.tally.count(Kind::GivenUp),
            After::Told => {}
        }
        self.set_out()
    }

    pub(crate) fn hook_again(&mut self, about: About) -> Checked {
        match self.post.deliveries.again(self.now, about) {
            Some(attempt) => self.try_hook(&attempt),
            None => Err(format!("{about:?} was to be tried again, and is not")),
        }
    }
}
