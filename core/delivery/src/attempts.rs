//! Attempts: their start, in turn for each receiver, and their outcome.

use core::time::Duration;

use confab_terms::Instant;

use crate::deliveries::First;
use crate::{After, Deliveries, Outcome};

/// Attempt to be made now. Call `Deliveries::attempted` afterwards with the outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attempt<K, R, T> {
    /// The receiver.
    pub to: R,
    /// The conference or call.
    pub about: K,
    /// The event to send.
    pub event: T,
    /// Number of the attempt at this event in this process, from 1.
    pub number: u32,
    /// Time after which the attempt has failed.
    pub within: Duration,
}

/// Action to execute now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step<K, R, T> {
    /// Attempt to send an event.
    Send(Attempt<K, R, T>),
    /// Event that has left the outbox because its lifetime has ended; to be stored as a dead
    /// letter.
    Expired(T),
}

impl<K: Copy + Ord, R: Clone + Ord, T: Clone> Deliveries<K, R, T> {
    /// Returns the next action. Call until `None` after each push, each outcome and at each
    /// `wakes_at`.
    pub fn next(&mut self, now: Instant) -> Option<Step<K, R, T>> {
        self.end_pauses(now);
        self.sweep(now);
        loop {
            if let Some(event) = self.expired.pop_front() {
                return Some(Step::Expired(event));
            }
            if self.under_way >= self.bounds.at_once {
                return None;
            }
            let to = self.turns.pop_front()?;
            let Some(receiver) = self.receivers.get_mut(&to) else {
                continue;
            };
            receiver.has_turn = false;
            if !receiver.can_begin() {
                continue;
            }
            let attempt = self.begin(now, &to);
            self.offer(&to);
            self.tidy(&to);
            if let Some(attempt) = attempt {
                return Some(Step::Send(attempt));
            }
        }
    }

    /// Returns the time of the next call of `next` if no other call is due before.
    #[must_use]
    pub fn wakes_at(&self) -> Option<Instant> {
        let sweep = (self.load.count > 0).then_some(self.sweep_at);
        let pause = self.pauses.first().map(|(at, ..)| *at);
        sweep.into_iter().chain(pause).min()
    }

    /// Begins an attempt at the next line of a receiver.
    fn begin(&mut self, now: Instant, to: &R) -> Option<Attempt<K, R, T>> {
        let receiver = self.receivers.get_mut(to)?;
        let about = receiver.ready.pop_front()?;
        let line = receiver.lines.get_mut(&about)?;
        if line.first != First::Ready {
            return None;
        }
        let Some(first) = line.waiting.front() else {
            receiver.lines.remove(&about);
            return None;
        };
        if first.expires <= now {
            receiver.ready.push_back(about);
            self.expire(now, to, about);
            return None;
        }
        let event = first.event.clone();
        line.first = First::UnderWay { since: now };
        line.attempts = line.attempts.saturating_add(1);
        let number = line.attempts;
        receiver.under_way += 1;
        self.under_way += 1;
        Some(Attempt {
            to: to.clone(),
            about,
            event,
            number,
            within: self.bounds.attempt,
        })
    }

    /// Processes the outcome of the current attempt for a receiver and conference or call.
    pub fn attempted(&mut self, now: Instant, to: &R, about: K, outcome: Outcome) -> After {
        let most = self.bounds.at_once_to_one;
        let Some(receiver) = self.receivers.get_mut(to) else {
            return After::Unknown;
        };
        let Some(line) = receiver.lines.get_mut(&about) else {
            return After::Unknown;
        };
        let First::UnderWay { since } = line.first else {
            return After::Unknown;
        };
        receiver.under_way -= 1;
        self.under_way -= 1;
        if outcome.is_answer() && !outcome.is_retried() {
            receiver.failures = 0;
            receiver.allowed = (receiver.allowed * 2).min(most);
            if let Some(until) = receiver.rests_until.take() {
                self.pauses.remove(&(until, to.clone(), None));
            }
        }
        let after = match outcome {
            Outcome::NotRead => self.rest_line(to, about, now + self.bounds.pause),
            _ if outcome.is_retried() => self.rest(now, (to, about), since, outcome),
            _ => self.leave(to, about, outcome),
        };
        self.offer(to);
        self.tidy(to);
        after
    }

    /// Removes the first event of a line from the outbox.
    fn leave(&mut self, to: &R, about: K, outcome: Outcome) -> After {
        let _sent = self.take_first(to, about);
        if let Some(receiver) = self.receivers.get_mut(to)
            && let Some(line) = receiver.lines.get_mut(&about)
        {
            line.first = First::Ready;
            if line.waiting.is_empty() {
                receiver.lines.remove(&about);
            } else {
                // The line queues behind the receiver's other lines.
                receiver.ready.push_back(about);
            }
        }
        match outcome {
            Outcome::Delivered => After::Delivered,
            _ => After::Final,
        }
    }
}
