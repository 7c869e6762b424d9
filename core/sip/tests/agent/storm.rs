//! Two applications with random actions over a network with loss, duplication and reordering. Each
//! dialog gets one `Ended`, as its last event, on both sides, and no state remains.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::network::{ANSWER, CALLEE, CALLER, Network, OFFER, address, secs};
use confab_sip::{DialogId, Event, Invite, Output};
use rand_chacha::ChaCha20Rng;
use rand_core::{RngCore, SeedableRng};

/// Number of executions of each action; all actions must occur.
#[derive(Default)]
struct Tally(BTreeMap<&'static str, u32>);

struct Storm {
    net: Network,
    random: ChaCha20Rng,
    dialogs: [Vec<DialogId>; 2],
    read: [usize; 2],
}

impl Storm {
    fn new(seed: u64) -> Self {
        let mut random = ChaCha20Rng::seed_from_u64(seed ^ 0x5707);
        let mut net = Network::lossy(seed, random.next_u64() % 400);
        net.answers = false;
        net.doubled = random.next_u64() % 200;
        net.delay_ms = 1 + random.next_u64() % 900;
        Self {
            net,
            random,
            dialogs: [Vec::new(), Vec::new()],
            read: [0, 0],
        }
    }

    fn dice(&mut self, sides: u64) -> u64 {
        self.random.next_u64() % sides
    }

    /// Stores the dialogs of inbound calls.
    fn listen(&mut self) {
        for side in [CALLER, CALLEE] {
            for (_, event) in &self.net.events[side][self.read[side]..] {
                if let Event::Invited { dialog, .. } = event {
                    self.dialogs[side].push(*dialog);
                }
            }
            self.read[side] = self.net.events[side].len();
        }
    }

    fn act(&mut self, tally: &mut Tally) {
        let side = usize::try_from(self.dice(2)).unwrap();
        let (now, deed) = (self.net.now, self.dice(10));
        if deed == 0 && self.dialogs[side].len() < 3 {
            *tally.0.entry("invite").or_default() += 1;
            let invite = Invite {
                to: format!("sip:x@{}", address(1 - side)),
                from: "sip:y@127.0.0.1".into(),
                from_name: None,
                via: Some(address(1 - side)),
                offer: OFFER.to_vec(),
                headers: Vec::new(),
            };
            let dialog = self.net.agents[side].invite(now, invite);
            self.dialogs[side].push(dialog);
        }
        let known = self.dialogs[side].len() as u64;
        if known > 0 {
            let at = usize::try_from(self.dice(known)).unwrap();
            let dialog = self.dialogs[side][at];
            let agent = &mut self.net.agents[side];
            let name = match deed {
                1 => {
                    agent.ring(now, dialog);
                    "ring"
                }
                2 | 3 => {
                    agent.answer(now, dialog, ANSWER.to_vec());
                    "answer"
                }
                4 if self.random.next_u64().is_multiple_of(4) => {
                    agent.reject(now, dialog, 486);
                    "reject"
                }
                5 | 6 => {
                    agent.accept_offer(now, dialog, ANSWER.to_vec());
                    "accept"
                }
                7 => {
                    agent.reoffer(now, dialog, OFFER.to_vec());
                    "reoffer"
                }
                8 => {
                    agent.refuse_offer(now, dialog, 488);
                    "refuse"
                }
                9 if self.random.next_u64().is_multiple_of(4) => {
                    agent.hang_up(now, dialog);
                    "hang up"
                }
                _ => "nothing",
            };
            *tally.0.entry(name).or_default() += 1;
        }
        self.net.collect();
        self.listen();
    }

    /// Hangs up all dialogs, until no more appear.
    fn calm(&mut self) {
        for _ in 0..6 {
            self.listen();
            for side in [CALLER, CALLEE] {
                for dialog in self.dialogs[side].clone() {
                    self.net.agents[side].hang_up(self.net.now, dialog);
                }
            }
            self.net.collect();
            self.net.run_for(secs(70));
        }
    }

    fn check(&self, seed: u64) {
        for side in [CALLER, CALLEE] {
            for dialog in &self.dialogs[side] {
                let of_it = |event: &Event| name(event) == Some(*dialog);
                let events: Vec<&Event> = self.net.events[side]
                    .iter()
                    .map(|(_, event)| event)
                    .filter(|event| of_it(event))
                    .collect();
                let ends = events
                    .iter()
                    .filter(|e| matches!(e, Event::Ended { .. }))
                    .count();
                let last = matches!(events.last(), Some(Event::Ended { .. }));
                let story = || self.net.story();
                assert!(
                    ends == 1 && last,
                    "seed {seed} side {side}: {events:#?}\n{}",
                    story()
                );
            }
            let leftovers = self.net.agents[side].leftovers();
            assert_eq!(
                leftovers,
                (0, 0, 0),
                "seed {seed} side {side}\n{}",
                self.net.story()
            );
        }
    }
}

fn name(event: &Event) -> Option<DialogId> {
    Some(match event {
        Event::Invited { dialog, .. }
        | Event::Acknowledged { dialog }
        | Event::Offered { dialog, .. }
        | Event::OfferWanted { dialog }
        | Event::Refreshed { dialog }
        | Event::Pressed { dialog, .. }
        | Event::LateAnswer { dialog, .. }
        | Event::Ringing { dialog }
        | Event::EarlyAnswer { dialog, .. }
        | Event::Answered { dialog, .. }
        | Event::OfferAccepted { dialog, .. }
        | Event::OfferRefused { dialog, .. }
        | Event::Unusable { dialog, .. }
        | Event::Ended { dialog, .. } => *dialog,
        Event::Registered(_) => return None,
        Event::Limited { .. } | Event::LoginFailed { .. } => panic!("{event:?}"),
    })
}

#[test]
fn anything_at_any_time() {
    let mut tally = Tally::default();
    let mut told: BTreeMap<String, u32> = BTreeMap::new();
    let mut refreshes = 0;
    for seed in 0..3_000 {
        let mut storm = Storm::new(seed);
        for _ in 0..80 {
            storm.act(&mut tally);
            // Some pauses are long enough to require a session refresh.
            let pause = match storm.dice(200) {
                0 => 1_000_000 + storm.dice(1_000_000),
                _ => storm.dice(1_500),
            };
            storm.net.run_for(Duration::from_millis(pause));
            storm.listen();
        }
        storm.calm();
        storm.check(seed);
        let sent = storm.net.seen.iter();
        refreshes += sent.filter(|seen| seen.text.starts_with("UPDATE")).count();
        for (_, event) in storm.net.events.iter().flatten() {
            let words = match event {
                Event::Ended { how, .. } => format!("Ended {how:?}"),
                event => format!("{event:?}").split(' ').next().unwrap().to_owned(),
            };
            *told.entry(words).or_default() += 1;
        }
    }
    println!("{:?}\n{told:?}\n{refreshes} refreshes", tally.0);
    assert!(refreshes > 100, "{refreshes}");
    for deed in [
        "invite", "ring", "answer", "reject", "accept", "reoffer", "refuse", "hang up",
    ] {
        assert!(tally.0.contains_key(deed), "never: {deed}");
    }
    for words in [
        "Invited",
        "Acknowledged",
        "Offered",
        "Ringing",
        "Answered",
        "OfferAccepted",
        "OfferRefused",
        "Ended Bye",
        "Ended ByeSent",
        "Ended Cancelled",
        "Ended Rejected",
        "Ended Refused(486)",
        "Ended TimedOut",
    ] {
        assert!(told.contains_key(words), "never told: {words}; {told:?}");
    }
}

/// A datagram that returns to its sender must not cause a loop.
#[test]
fn an_agent_that_hears_itself_stays_calm() {
    let mut net = Network::new(1);
    net.answers = false;
    net.call();
    net.run_for(secs(1));
    let own: Vec<String> = net.seen.iter().map(|seen| seen.text.clone()).collect();
    for text in own {
        for side in [CALLER, CALLEE] {
            net.agents[side].handle(net.now, address(side), text.as_bytes());
            let mut said = 0;
            while let Some(output) = net.agents[side].poll_output() {
                said += usize::from(matches!(output, Output::Datagram { .. }));
            }
            assert!(said <= 1, "{text}");
        }
    }
}
