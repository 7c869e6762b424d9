//! Two user agents on a virtual clock and a virtual network with loss, delay and reordering.
#![allow(unreachable_pub)]

pub mod raw;

use std::collections::BTreeMap;
use std::time::Duration;

use confab_sip::{Access, Config, DialogId, Ending, Event, Invite, Output, Trunk, UserAgent};
use confab_terms::{Instant, SocketAddr};
use rand_chacha::ChaCha20Rng;
use rand_core::{RngCore, SeedableRng};

pub const OFFER: &[u8] = b"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n";
pub const ANSWER: &[u8] = b"v=0\r\no=- 2 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n";

pub const CALLER: usize = 0;
pub const CALLEE: usize = 1;

pub fn address(side: usize) -> SocketAddr {
    format!("127.0.0.{}:5060", side + 1).parse().unwrap()
}

pub fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// Datagram that was sent; it arrives unless `lost`.
#[derive(Clone, Debug)]
pub struct Seen {
    pub at: Instant,
    pub from: usize,
    pub text: String,
    pub lost: bool,
}

fn wanted() -> Invite {
    Invite {
        to: format!("sip:room@{}", address(CALLEE)),
        from: "sip:anna@127.0.0.1".into(),
        from_name: Some("Anna \"A\" K".into()),
        via: Some(address(CALLEE)),
        offer: OFFER.to_vec(),
        headers: vec![("X-Colour".into(), "blue".into())],
    }
}

pub struct Network {
    pub now: Instant,
    pub agents: [UserAgent; 2],
    pub events: [Vec<(Instant, Event)>; 2],
    pub seen: Vec<Seen>,
    /// Loss of datagrams by sender, per mille.
    pub loss: [u64; 2],
    /// Maximum delay in milliseconds.
    pub delay_ms: u64,
    /// Duplicated datagrams, per mille.
    pub doubled: u64,
    /// True if both agents answer calls and offers automatically.
    pub answers: bool,
    /// Prefixes of datagrams that are always lost.
    pub swallow: Vec<&'static str>,
    /// True if the state of the agents is serialized and restored before each step.
    pub rewrite: bool,
    random: ChaCha20Rng,
    flying: BTreeMap<(Instant, u64), (usize, SocketAddr, Vec<u8>)>,
    sent: u64,
}

impl Network {
    pub fn new(seed: u64) -> Self {
        let agent = |side: usize| {
            let mut bytes = [0; 32];
            bytes[..8].copy_from_slice(&seed.to_le_bytes());
            bytes[8] = u8::try_from(side).unwrap();
            UserAgent::new(Config {
                address: address(side),
                tls_port: None,
                product: "confab".into(),
                seed: bytes,
            })
        };
        Self {
            now: Instant(1_000_000_000),
            agents: [agent(CALLER), agent(CALLEE)],
            events: [Vec::new(), Vec::new()],
            seen: Vec::new(),
            loss: [0, 0],
            delay_ms: 10,
            doubled: 0,
            answers: true,
            swallow: Vec::new(),
            rewrite: false,
            random: ChaCha20Rng::seed_from_u64(seed),
            flying: BTreeMap::new(),
            sent: 0,
        }
    }

    pub fn lossy(seed: u64, per_mille: u64) -> Self {
        let mut network = Self::trusting(seed);
        network.loss = [per_mille, per_mille];
        network.delay_ms = 60;
        network
    }

    /// Creates a network in which each agent is a trunk of the other, so that no retransmission is
    /// limited.
    pub fn trusting(seed: u64) -> Self {
        let mut network = Self::new(seed);
        for agent in &mut network.agents {
            agent.guard(Access {
                open: true,
                trunks: vec![Trunk {
                    name: "other".into(),
                    networks: vec!["127.0.0.0/8".parse().unwrap()],
                    account: None,
                    gateway: None,
                    srtp: None,
                    nat: confab_sip::Nat::Auto,
                    identity: Default::default(),
                }],
            });
        }
        network
    }

    pub fn call(&mut self) -> DialogId {
        let dialog = self.agents[CALLER].invite(self.now, wanted());
        self.collect();
        dialog
    }

    /// Calls through the caller's trunk, or to the registered callee.
    pub fn call_along(&mut self) -> DialogId {
        let route = self.agents[CALLER].route(self.now, &wanted().to).unwrap();
        let dialog = self.agents[CALLER].invite_along(self.now, route, wanted());
        self.collect();
        dialog
    }

    /// Returns the callee's dialog, after its `Invited`.
    pub fn invited(&self) -> Option<DialogId> {
        self.events[CALLEE]
            .iter()
            .find_map(|(_, event)| match event {
                Event::Invited { dialog, .. } => Some(*dialog),
                _ => None,
            })
    }

    /// Handles all outputs of the agents, and answers calls and offers if `answers`.
    pub fn collect(&mut self) {
        for side in [CALLER, CALLEE] {
            while let Some(output) = self.agents[side].poll_output() {
                match output {
                    Output::Datagram { to, bytes } => self.fly(side, to, &bytes),
                    Output::Connection { .. } | Output::Resolve { .. } => {}
                    Output::Event(event) => {
                        self.events[side].push((self.now, event.clone()));
                        if self.answers {
                            self.decide(side, &event);
                        }
                    }
                }
            }
        }
    }

    fn decide(&mut self, side: usize, event: &Event) {
        let agent = &mut self.agents[side];
        match event {
            Event::Invited { dialog, .. } => {
                agent.ring(self.now, *dialog);
                agent.answer(self.now, *dialog, ANSWER.to_vec());
            }
            Event::Offered { dialog, .. } => {
                agent.accept_offer(self.now, *dialog, ANSWER.to_vec());
            }
            Event::OfferWanted { dialog } => {
                agent.accept_offer(self.now, *dialog, OFFER.to_vec());
            }
            _ => {}
        }
    }

    fn fly(&mut self, from: usize, to: SocketAddr, bytes: &[u8]) {
        let text = String::from_utf8_lossy(bytes).into_owned();
        let swallowed = self.swallow.iter().any(|words| text.starts_with(words));
        let lost = swallowed || self.random.next_u64() % 1_000 < self.loss[from];
        self.seen.push(Seen {
            at: self.now,
            from,
            text,
            lost,
        });
        if lost {
            return;
        }
        let copies = 1 + u64::from(self.random.next_u64() % 1_000 < self.doubled);
        for _ in 0..copies {
            let delay = 1 + self.random.next_u64() % self.delay_ms;
            self.sent += 1;
            let at = self.now + Duration::from_millis(delay);
            self.flying
                .insert((at, self.sent), (from, to, bytes.to_vec()));
        }
    }

    /// Delivers a datagram to an agent.
    pub fn deliver(&mut self, side: usize, from: SocketAddr, bytes: &[u8]) {
        self.agents[side].handle(self.now, from, bytes);
        self.collect();
    }

    /// Handles the next arrival or deadline; returns false if there is none until `end`.
    pub fn step(&mut self, end: Instant) -> bool {
        if self.rewrite {
            for agent in &mut self.agents {
                let bytes = postcard::to_stdvec(agent).unwrap();
                *agent = postcard::from_bytes(&bytes).unwrap();
            }
        }
        let arrival = self.flying.keys().next().map(|(at, _)| *at);
        let deadlines = [0, 1].map(|side| self.agents[side].next_deadline());
        let Some(next) = [arrival, deadlines[0], deadlines[1]]
            .into_iter()
            .flatten()
            .min()
        else {
            return false;
        };
        if next > end {
            return false;
        }
        self.now = self.now.max(next);
        if arrival == Some(next) {
            let ((_, _), (from, to, bytes)) = self.flying.pop_first().unwrap();
            let side = [CALLER, CALLEE]
                .into_iter()
                .find(|side| address(*side) == to);
            if let Some(side) = side {
                self.agents[side].handle(self.now, address(from), &bytes);
            }
        } else {
            for side in [CALLER, CALLEE] {
                if deadlines[side].is_some_and(|at| at <= next) {
                    self.agents[side].handle_deadline(self.now);
                }
            }
        }
        self.collect();
        true
    }

    pub fn run_for(&mut self, time: Duration) {
        let end = self.now + time;
        while self.step(end) {}
        self.now = end;
    }

    /// Returns the reasons of all `Ended` events of one side.
    pub fn endings(&self, side: usize) -> Vec<Ending> {
        let ended = |(_, event): &(Instant, Event)| match event {
            Event::Ended { how, .. } => Some(*how),
            _ => None,
        };
        self.events[side].iter().filter_map(ended).collect()
    }

    pub fn count(&self, side: usize, wanted: fn(&Event) -> bool) -> usize {
        let events = self.events[side].iter();
        events.filter(|(_, event)| wanted(event)).count()
    }

    pub fn assert_nothing_left(&self, what: &str) {
        for side in [CALLER, CALLEE] {
            let leftovers = self.agents[side].leftovers();
            assert_eq!(
                leftovers,
                (0, 0, 0),
                "{what}: side {side}\n{}",
                self.story()
            );
        }
    }

    /// Returns a log of all datagrams and events, for failure messages.
    pub fn story(&self) -> String {
        let mut story = String::new();
        for seen in &self.seen {
            let line = seen.text.lines().next().unwrap_or_default();
            let cseq = seen.text.lines().find(|l| l.starts_with("CSeq"));
            story += &format!(
                "{:9.3} {} {} [{}]{}\n",
                seen.at.0 as f64 / 1e9 - 1.0,
                if seen.from == CALLER { "->" } else { "<-" },
                line,
                cseq.unwrap_or_default(),
                if seen.lost { " LOST" } else { "" },
            );
        }
        for (side, events) in self.events.iter().enumerate() {
            for (at, event) in events {
                let words = format!("{event:?}");
                let words: String = words.chars().take(60).collect();
                story += &format!("{:9.3} {side}: {words}\n", at.0 as f64 / 1e9 - 1.0);
            }
        }
        story
    }

    /// Returns the first lines of all messages of one side.
    pub fn lines(&self, from: usize) -> Vec<String> {
        let of_it = self.seen.iter().filter(|seen| seen.from == from);
        let first = |seen: &Seen| seen.text.lines().next().unwrap_or_default().to_owned();
        of_it.map(first).collect()
    }
}
