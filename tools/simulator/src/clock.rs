//! Virtual clock and event loop of a run.

use core::time::Duration;

use confab_media::Event;
use confab_switchboard::{Fetched, Input, Output};
use confab_terms::{FetchId, Instant};

use crate::outcome::{Checked, Outcome};
use crate::queue::{Arrival, Brought};
use crate::tally::Kind;
use crate::world::{START, World};

/// Length of a run before the hangups, in ticks.
const TICKS: u64 = 530;
/// Maximum number of inputs at the same instant.
const AT_ONCE_MAX: u32 = 100_000;

impl World {
    /// Executes a complete run.
    pub(crate) fn run(mut self) -> Outcome {
        let checked = self.live().and_then(|()| self.close());
        Outcome {
            fault: checked.err(),
            hash: self.hash.value(),
            ticks: self.ticks(),
            tally: self.tally,
            legs: self.ports.opened,
            inputs: self.acts,
        }
    }

    fn live(&mut self) -> Checked {
        let acts = self.options.inputs + self.script.index(20);
        let phones = self.phones.len();
        for act in 0..acts {
            // The first actions start calls.
            let ms = if act < phones {
                self.script.below(1_200)
            } else {
                self.script.between(600, TICKS * 20 - 100)
            };
            let at = START + Duration::from_micros(ms * 1_000 + self.script.below(1_000));
            self.queue.push(at, Arrival::Act);
        }
        self.run_until(START + Duration::from_millis(TICKS * 20))
    }

    pub(crate) fn run_until(&mut self, end: Instant) -> Checked {
        let mut at_once = 0;
        loop {
            let phones = self
                .phones
                .iter()
                .filter_map(|phone| phone.agent.next_deadline());
            let others = [
                self.queue.next(),
                self.board.next_deadline(),
                Some(self.tick_due()),
            ];
            let next = phones.chain(others.into_iter().flatten()).min();
            let Some(next) = next.filter(|next| *next <= end) else {
                break;
            };
            at_once = if next > self.now { 0 } else { at_once + 1 };
            if at_once > AT_ONCE_MAX {
                return Err("time stands still: a deadline is never met".to_owned());
            }
            self.now = self.now.max(next);
            self.turn()?;
        }
        self.now = end;
        Ok(())
    }

    fn turn(&mut self) -> Checked {
        if self.queue.next().is_some_and(|at| at <= self.now) {
            return match self.queue.pop() {
                Some(arrival) => self.arrives(arrival),
                None => Ok(()),
            };
        }
        if self.board.next_deadline().is_some_and(|at| at <= self.now) {
            self.board.handle_deadline(self.both());
            let outputs = self.after_input()?;
            return self.carry_out_all(outputs);
        }
        for at in 0..self.phones.len() {
            let agent = &mut self.phones[at].agent;
            if agent.next_deadline().is_some_and(|due| due <= self.now) {
                agent.handle_deadline(self.now);
                return self.poll_phone(at);
            }
        }
        self.tick()
    }

    fn arrives(&mut self, arrival: Arrival) -> Checked {
        match arrival {
            Arrival::Input(input) => self.input(input),
            Arrival::Fetched {
                fetch,
                result,
                brings,
            } => {
                let cookies = self.some_cookies(fetch);
                let input = Input::Fetched {
                    fetch,
                    result,
                    cookies,
                };
                self.fetched(fetch, brings, input)
            }
            Arrival::Datagram { to, bytes } => self.phone_gets(to, &bytes),
            Arrival::Stream { number, to, event } => self.stream_arrives(number, to, event),
            Arrival::Order(thread, order) => self.ordered(thread, order),
            Arrival::Chunk(command) => {
                for thread in 0..self.threads.len() {
                    let engine = &mut self.threads[thread].engine;
                    engine.apply(self.now, command.clone());
                    self.poll_engine(thread)?;
                }
                Ok(())
            }
            Arrival::HookAnswered { to, about, outcome } => self.hook_answered(to, about, outcome),
            Arrival::Decided {
                phone,
                dialog,
                decision,
            } => self.decided(phone, dialog, decision),
            Arrival::HooksAgain => self.hooks_again(),
            Arrival::Awake(thread) => self.awake(thread),
            Arrival::Act => self.act(),
            Arrival::Look => self.look(),
        }
    }

    /// Passes an input to the switchboard and executes all outputs that follow at this instant.
    pub(crate) fn input(&mut self, input: Input) -> Checked {
        self.trace(|| format!("<- {}", crate::trace::input(&input)));
        let goes_on = match &input {
            Input::Media {
                event: Event::PlayerEnded { player, .. },
                ..
            } => self.ports.pressed.heard_over(*player),
            _ => false,
        };
        let shuts_down = matches!(input, Input::HangUpAll);
        self.books.fields.was_shut_down |= shuts_down;
        self.books.fields.shuts_down = shuts_down;
        self.board.handle(self.both(), input);
        let outputs = self.after_input()?;
        if goes_on && outputs.is_empty() {
            return Err("keys are out, and nothing comes of it".to_owned());
        }
        let done = self.carry_out_all(outputs);
        self.books.fields.shuts_down = false;
        done
    }

    /// Passes the answer of a fetch. A stale answer must have no effect.
    fn fetched(&mut self, fetch: FetchId, brings: Brought, input: Input) -> Checked {
        let books = &mut self.books;
        let ended = |call| books.ended_calls.contains(&call);
        if let Input::Fetched {
            result: Ok(Fetched::Audio { audio }),
            ..
        } = &input
        {
            books.holds.brought(*audio);
        }
        if !books.fetches.is_stale(fetch, ended) {
            if let Some((call, brings)) = brings {
                self.oracle.comes(call, brings);
            }
            return self.input(input);
        }
        self.tally.count(Kind::StaleAnswer);
        self.trace(|| format!("<- stale: {}", crate::trace::input(&input)));
        self.board.handle(self.both(), input);
        self.restore_board()?;
        let dropped = match self.board.poll_output() {
            Some(Output::DropAudio { audio }) => {
                self.books.holds.used(audio)?;
                self.board.poll_output()
            }
            other => other,
        };
        match dropped {
            None => Ok(()),
            Some(output) => Err(format!(
                "of an answer that nobody waits for, {fetch}, comes {output:?}"
            )),
        }
    }

    fn after_input(&mut self) -> Result<Vec<Output>, String> {
        self.restore_board()?;
        let mut outputs = Vec::new();
        while let Some(output) = self.board.poll_output() {
            outputs.push(output);
        }
        Ok(outputs)
    }
}
