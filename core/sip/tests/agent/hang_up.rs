//! Hang-up by either side after each message of a call, with and without packet loss: each side
//! gets one `Ended`, and no state remains.

use crate::network::{ANSWER, CALLEE, CALLER, Network, OFFER, secs};
use confab_sip::{DialogId, Event};

/// Call with ringing, answer, re-INVITEs of both sides, and a hang-up by the caller. After an
/// earlier hang-up, the remaining steps are skipped.
struct Call {
    net: Network,
    dialogs: [Option<DialogId>; 2],
    /// Number of datagrams before the hang-up.
    after: usize,
    /// Side that hangs up.
    side: usize,
    hung_up: bool,
    step: usize,
}

impl Call {
    fn new(mut net: Network, after: usize, side: usize) -> Self {
        net.answers = false;
        let caller = net.call();
        Self {
            net,
            dialogs: [Some(caller), None],
            after,
            side,
            hung_up: false,
            step: 0,
        }
    }

    /// Runs for `seconds`, with the steps of the call and the hang-up.
    fn run(&mut self, seconds: u64) {
        let end = self.net.now + secs(seconds);
        loop {
            self.dialogs[CALLEE] = self.net.invited();
            if !self.hung_up && self.net.seen.len() >= self.after {
                self.hang_up();
            }
            let slot = self.net.now + secs(1);
            while self.net.step(slot.min(end)) {
                self.accept_offers();
                self.dialogs[CALLEE] = self.net.invited();
                if !self.hung_up && self.net.seen.len() >= self.after {
                    self.hang_up();
                }
            }
            self.net.now = slot.min(end);
            if !self.hung_up {
                self.next_step();
            }
            if self.net.now >= end {
                return;
            }
        }
    }

    fn hang_up(&mut self) {
        if let Some(dialog) = self.dialogs[self.side] {
            self.hung_up = true;
            let now = self.net.now;
            self.net.agents[self.side].hang_up(now, dialog);
            // A second hang-up has no effect.
            self.net.agents[self.side].hang_up(now, dialog);
            self.net.collect();
        }
    }

    fn accept_offers(&mut self) {
        for side in [CALLER, CALLEE] {
            if let (Some(dialog), Some((_, Event::Offered { .. }))) =
                (self.dialogs[side], self.net.events[side].last())
            {
                let now = self.net.now;
                self.net.agents[side].accept_offer(now, dialog, ANSWER.to_vec());
            }
        }
        self.net.collect();
    }

    fn next_step(&mut self) {
        let (now, [Some(caller), Some(callee)]) = (self.net.now, self.dialogs) else {
            return;
        };
        let [anna, boris] = &mut self.net.agents;
        match self.step {
            0 => boris.ring(now, callee),
            1 => boris.answer(now, callee, ANSWER.to_vec()),
            3 => anna.reoffer(now, caller, OFFER.to_vec()),
            5 => boris.reoffer(now, callee, OFFER.to_vec()),
            7 => {
                // Both at once: glare.
                anna.reoffer(now, caller, OFFER.to_vec());
                boris.reoffer(now, callee, OFFER.to_vec());
            }
            16 => {
                anna.hang_up(now, caller);
                self.hung_up = true;
            }
            _ => {}
        }
        self.step += 1;
        self.net.collect();
    }

    /// Returns the time of the last event or arrival, in nanoseconds.
    fn last_moment(&self) -> u64 {
        let told = self.net.events.iter().flatten().map(|(at, _)| at.0).max();
        let sent = self.net.seen.iter().filter(|seen| !seen.lost);
        told.max(sent.map(|seen| seen.at.0).max()).unwrap_or(0)
    }

    fn check(&self, what: &str) {
        for side in [CALLER, CALLEE] {
            let told = self.net.endings(side).len();
            let wanted = usize::from(self.dialogs[side].is_some());
            assert_eq!(told, wanted, "{what}: side {side}\n{}", self.net.story());
            if wanted == 1 {
                let last = self.net.events[side].last().map(|(_, event)| event);
                let is_end = matches!(last, Some(Event::Ended { .. }));
                assert!(is_end, "{what}: the end is told last\n{}", self.net.story());
            }
        }
        self.net.assert_nothing_left(what);
    }
}

/// Returns the number of datagrams of the complete call without packet loss.
fn length() -> usize {
    let mut call = Call::new(Network::new(1), usize::MAX, CALLER);
    call.run(100);
    call.check("the whole call");
    call.net.seen.len()
}

#[test]
fn on_a_good_line_nothing_is_left_34_s_later() {
    let length = length();
    assert!(length > 24, "{length}");
    for after in 1..=length {
        for side in [CALLER, CALLEE] {
            for seed in 0..4 {
                let what = format!("after {after} of {length}, side {side}, seed {seed}");
                let mut call = Call::new(Network::new(seed), after, side);
                // Runs until the hang-up.
                for _ in 0..400 {
                    if call.hung_up {
                        break;
                    }
                    call.run(1);
                }
                assert!(call.hung_up, "{what}");
                call.run(34);
                call.check(&what);
            }
        }
    }
}

#[test]
fn on_a_bad_line_nothing_is_left_34_s_after_the_last_that_arrived() {
    let length = length();
    for seed in 0..40 {
        for after in 1..=length {
            for side in [CALLER, CALLEE] {
                let what = format!("after {after}, side {side}, seed {seed}");
                let mut call = Call::new(Network::lossy(seed, 300), after, side);
                loop {
                    call.run(1);
                    let silent_since = call.last_moment() + 34_000_000_000;
                    if call.hung_up && call.net.now.0 >= silent_since {
                        break;
                    }
                    assert!(
                        call.net.now.0 < 600_000_000_000,
                        "{what}: {}",
                        call.net.story()
                    );
                }
                call.check(&what);
            }
        }
    }
}

#[test]
fn a_line_that_dies_at_any_message_is_cleared_up() {
    let length = length();
    for after in 1..=length {
        for side in [CALLER, CALLEE] {
            let what = format!("dead after {after}, side {side}");
            let mut call = Call::new(Network::new(3), after, side);
            for _ in 0..400 {
                if call.hung_up {
                    break;
                }
                call.run(1);
            }
            call.net.loss = [1_000, 1_000];
            // The side that hung up has no state 34 s later.
            call.run(34);
            let leftovers = call.net.agents[side].leftovers();
            assert_eq!(leftovers, (0, 0, 0), "{what}\n{}", call.net.story());
        }
    }
}
