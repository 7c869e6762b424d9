//! The world around the core: one clock, and everything that can happen on it, one after the
//! other. What happens is in a file of its own kind; this one turns the clock.

use core::time::Duration;
use std::collections::BTreeMap;

use confab_conference::{Customs, Url};
use confab_media::{Engine, EngineConfig};
use confab_switchboard::{CallCallback, CallEvent, Config, Input, Switchboard};
use confab_terms::{
    AccountSid, CallSid, Codec, ConferenceSid, FetchId, Instant, IpAddr, LegId, Method, Now,
    SocketAddr, WallTime,
};

use crate::books::Books;
use crate::dice::{Dice, Purpose, key};
use crate::oracle::Oracle;
use crate::outcome::{Checked, Hash, Options, Outcome};
use crate::phone::Phone;
use crate::queue::{Arrival, Brought, Queue};
use crate::streams::Stream;
use crate::tally::{Kind, Tally};
use crate::thread::Thread;
use crate::weather::Weather;

const CALL_EVENTS: [CallEvent; 4] = [
    CallEvent::Initiated,
    CallEvent::Ringing,
    CallEvent::Answered,
    CallEvent::Completed,
];
/// A run goes on for so many ticks before everybody hangs up.
const TICKS: u64 = 530;
const START: Instant = Instant(5_000_000_000);
/// Nothing may happen so often at one moment.
const AT_ONCE_MAX: u32 = 100_000;

pub(crate) struct World {
    pub(crate) seed: u64,
    pub(crate) options: Options,
    pub(crate) now: Instant,
    pub(crate) script: Dice,
    pub(crate) network: Dice,
    pub(crate) voice: Dice,
    pub(crate) application: Dice,
    pub(crate) media: Dice,
    restoring: Dice,
    pub(crate) board: Switchboard,
    pub(crate) engine: Engine,
    pub(crate) queue: Queue,
    pub(crate) phones: Vec<Phone>,
    pub(crate) streams: Vec<Stream>,
    pub(crate) thread: Thread,
    pub(crate) oracle: Oracle,
    pub(crate) books: Books,
    pub(crate) tally: Tally,
    pub(crate) hash: Hash,
    pub(crate) weather: Weather,
    pub(crate) drained: bool,
    pub(crate) closing: bool,
    pub(crate) acts: u64,
    pub(crate) audio: u64,
    pub(crate) calls_made: u64,
    /// How many packets a phone could have sent.
    pub(crate) spoken: u64,
    pub(crate) scratch: Vec<u8>,
    /// What the last list of conferences, and of participants, said.
    pub(crate) seen: Vec<(ConferenceSid, String)>,
    pub(crate) seated_seen: Vec<(CallSid, LegId)>,
    /// For how many frames a listener has been without a clear voice.
    pub(crate) missing: BTreeMap<(LegId, LegId), u32>,
    /// For how many ticks a leg has heard a tone that is not for it.
    pub(crate) wrong_music: BTreeMap<(LegId, usize), u32>,
}

pub(crate) fn sip_address() -> SocketAddr {
    SocketAddr::new(IpAddr::from([10, 9, 9, 9]), 5_060)
}

impl World {
    pub(crate) fn new(seed: u64, options: Options) -> Self {
        let mut script = Dice::new(seed, Purpose::Script);
        let mut phones = Dice::new(seed, Purpose::Phones);
        let with_documents = !script.chance(80);
        let voice = with_documents.then(|| Url {
            url: "http://app.example/voice".to_owned(),
            method: Method::Post,
        });
        let count = script.between(4, 8) as usize;
        let mut media = Dice::new(seed, Purpose::Media);
        Self {
            seed,
            options,
            now: START,
            network: Dice::new(seed, Purpose::Network),
            voice: Dice::new(seed, Purpose::Voice),
            application: Dice::new(seed, Purpose::Application),
            restoring: Dice::new(seed, Purpose::Restoring),
            board: Switchboard::new(Config {
                account: AccountSid::from_random(1),
                sip_address: sip_address(),
                access: confab_switchboard::Access::open(),
                media_address: sip_address().ip(),
                voice,
                api_url: "http://confab.example".to_owned(),
                voice_fallback: None,
                status_callback: Some(CallCallback::new(
                    Url {
                        url: "http://app.example/calls".to_owned(),
                        method: Method::Post,
                    },
                    CALL_EVENTS.to_vec(),
                )),
                customs: Customs::default(),
                codecs: vec![Codec::Pcmu, Codec::Pcma],
                media_threads: 1,
                seed: key(seed, Purpose::Switchboard as u64),
            }),
            engine: Engine::new(EngineConfig {
                start: START,
                wall: wall(START),
                ..EngineConfig::default()
            }),
            queue: Queue::default(),
            phones: (0..count)
                .map(|n| Phone::new(n, seed, &mut phones))
                .collect(),
            streams: Vec::new(),
            thread: Thread::new(START, &mut media),
            media,
            oracle: Oracle::default(),
            books: Books::default(),
            tally: Tally::default(),
            hash: Hash::default(),
            weather: Weather::new(&mut phones),
            drained: false,
            closing: false,
            acts: 0,
            audio: 0,
            calls_made: 0,
            spoken: START.0 / 20_000_000,
            scratch: Vec::new(),
            seen: Vec::new(),
            seated_seen: Vec::new(),
            missing: BTreeMap::new(),
            wrong_music: BTreeMap::new(),
            script,
        }
    }

    /// The whole run.
    pub(crate) fn run(mut self) -> Outcome {
        let checked = self.live().and_then(|()| self.close());
        Outcome {
            fault: checked.err(),
            hash: self.hash.value(),
            tally: self.tally,
            ticks: self.engine.tick_count(),
            legs: self.thread.opened,
            inputs: self.acts,
        }
    }

    fn live(&mut self) -> Checked {
        let acts = self.options.inputs + self.script.index(20);
        let phones = self.phones.len();
        for act in 0..acts {
            // First they call.
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

    pub(crate) fn both(&self) -> Now {
        Now {
            instant: self.now,
            wall: wall(self.now),
        }
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
            return self.after_input();
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
            } => self.fetched(fetch, brings, Input::Fetched { fetch, result }),
            Arrival::Datagram { to, bytes } => self.phone_gets(to, &bytes),
            Arrival::Stream { number, to, event } => self.stream_arrives(number, to, event),
            Arrival::Order(order) => self.ordered(order),
            Arrival::Chunk(command) => {
                self.engine.apply(self.now, command);
                self.poll_engine()
            }
            Arrival::Awake => self.awake(),
            Arrival::Act => self.act(),
            Arrival::Look => self.look(),
        }
    }

    /// Something happens to the switchboard, and all that follows at this moment.
    pub(crate) fn input(&mut self, input: Input) -> Checked {
        self.trace(|| format!("<- {}", crate::trace::input(&input)));
        self.board.handle(self.both(), input);
        self.after_input()
    }

    /// An answer of the web; one that nobody waits for any more must come to nothing.
    fn fetched(&mut self, fetch: FetchId, brings: Brought, input: Input) -> Checked {
        let books = &mut self.books;
        let ended = |call| books.ended_calls.contains(&call);
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
        match self.board.poll_output() {
            None => Ok(()),
            Some(output) => Err(format!(
                "of an answer that nobody waits for, {fetch}, comes {output:?}"
            )),
        }
    }

    fn after_input(&mut self) -> Checked {
        self.restore_board()?;
        let mut outputs = Vec::new();
        while let Some(output) = self.board.poll_output() {
            outputs.push(output);
        }
        self.carry_out_all(outputs)
    }

    /// At 1 % of the inputs.
    pub(crate) fn restores(&mut self) -> bool {
        // Thrown whether it counts or not: nothing else may depend on it.
        let restores = self.restoring.chance(10) && self.options.restores;
        if restores {
            self.tally.count(Kind::Restored);
            self.trace(|| "   written out and read back".to_owned());
        }
        restores
    }

    pub(crate) fn restore_board(&mut self) -> Checked {
        if self.restores() {
            let bytes = postcard::to_stdvec(&self.board).map_err(|e| e.to_string())?;
            self.board = postcard::from_bytes(&bytes).map_err(|e| e.to_string())?;
            return self.restore_engine();
        }
        Ok(())
    }

    pub(crate) fn restore_engine(&mut self) -> Checked {
        let bytes = postcard::to_stdvec(&self.engine).map_err(|e| e.to_string())?;
        self.engine = postcard::from_bytes(&bytes).map_err(|e| e.to_string())?;
        Ok(())
    }

    pub(crate) fn trace(&self, line: impl FnOnce() -> String) {
        if self.options.trace {
            let ms = (self.now.0 - START.0) / 1_000;
            println!("{:>6}.{:03} {}", ms / 1_000, ms % 1_000, line());
        }
    }
}

fn wall(at: Instant) -> WallTime {
    WallTime(1_794_918_896_000 + (at.0 / 1_000_000) as i64)
}
