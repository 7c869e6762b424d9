//! Switchboard thread: receives SIP, results and requests, passes each to the switchboard, and
//! executes its outputs. Timers go first; no kind of input starves another.

use std::sync::Arc;
use std::time::Duration;

use confab_sockets::{Batch, Poll, now, now_both};
use confab_switchboard::{Input, Switchboard};
use confab_terms::limits::SIP_MESSAGE_BYTES_MAX;
use confab_terms::{Instant, RequestId};

use crate::gauges::Gauges;
use crate::metrics::{SWITCHBOARD_ROWS, SwitchboardNow};
use crate::outlets::Outlets;
use crate::queues::Inbox;
use crate::watchdog::Pulse;

/// Maximum number of datagrams in a turn.
const DATAGRAMS_A_TURN: usize = 16;
/// Maximum number of inputs of each queue in a turn.
const INPUTS_A_TURN: usize = 64;
/// Time after the last call of a drain, in which lost BYEs are retransmitted.
const LINGER: Duration = Duration::from_millis(600);
/// Interval of publishing the numbers while the thread never sleeps.
const SHOW_EVERY: Duration = Duration::from_millis(100);
/// Pause while the queues of media threads are full.
const BREATH: Duration = Duration::from_millis(5);

/// Parts of the switchboard's thread.
pub(crate) struct SwitchboardLoop {
    pub(crate) switchboard: Switchboard,
    pub(crate) outlets: Outlets,
    pub(crate) inbox: Inbox,
    pub(crate) gauges: Arc<Gauges>,
    pub(crate) pulse: Pulse,
}

struct Running {
    setup: SwitchboardLoop,
    batch: Batch,
    /// Events on connections in a turn.
    happened: Vec<Input>,
    last_request: u64,
    shown: [u64; SWITCHBOARD_ROWS],
    shown_at: Instant,
    /// Moment of the end; set once a drain has no other work left.
    end: Option<Instant>,
}

impl SwitchboardLoop {
    /// Runs until a drain is complete.
    pub(crate) fn run(self) {
        let mut poll = Poll::new();
        let mut running = Running {
            setup: self,
            batch: Batch::new(DATAGRAMS_A_TURN, SIP_MESSAGE_BYTES_MAX),
            happened: Vec::new(),
            last_request: 0,
            shown: [0; SWITCHBOARD_ROWS],
            shown_at: Instant::default(),
            end: None,
        };
        let mut sip_ready = true;
        loop {
            let begun = now();
            running.setup.pulse.works();
            let more = running.turn(sip_ready, &poll);
            running
                .setup
                .gauges
                .switchboard_lag
                .note(now().saturating_since(begun));
            running.show(more);
            if running.is_over() {
                return;
            }
            let until = if more {
                Some(begun)
            } else {
                running.deadline()
            };
            poll.clear();
            poll.watch(&*running.setup.inbox.bell);
            let sip = poll.watch(&running.setup.outlets.sip);
            running.setup.outlets.streams.watch(&mut poll);
            running.setup.pulse.waits();
            poll.wait(until);
            sip_ready = poll.is_ready(sip);
        }
    }
}

impl Running {
    /// Runs a turn; returns whether there may be more work immediately.
    fn turn(&mut self, sip_ready: bool, poll: &Poll) -> bool {
        self.setup.inbox.bell.clear();
        if !self.setup.outlets.flush() {
            return false;
        }
        let due = self.setup.switchboard.next_deadline();
        if due.is_some_and(|at| at <= now()) {
            self.setup.switchboard.handle_deadline(now_both());
            self.carry_out();
        }
        let mut more = sip_ready && self.read_sip();
        more |= self.read_streams(poll);
        for n in 0..INPUTS_A_TURN {
            let Ok(told) = self.setup.inbox.told.try_recv() else {
                break;
            };
            self.handle(told.into());
            more |= n + 1 == INPUTS_A_TURN;
        }
        for n in 0..INPUTS_A_TURN {
            let Ok(answer) = self.setup.inbox.answers.try_recv() else {
                break;
            };
            self.handle(answer);
            more |= n + 1 == INPUTS_A_TURN;
        }
        for n in 0..INPUTS_A_TURN {
            let Ok(asked) = self.setup.inbox.asked.try_recv() else {
                break;
            };
            self.last_request += 1;
            let request = RequestId(self.last_request);
            self.setup.outlets.expect_reply(request, asked.reply);
            let what = asked.what;
            self.handle(Input::Asked { request, what });
            more |= n + 1 == INPUTS_A_TURN;
        }
        more || self.setup.outlets.streams.has_told()
    }

    fn read_sip(&mut self) -> bool {
        self.batch.receive(&self.setup.outlets.sip);
        let now = now_both();
        let count = self.batch.datagrams().count();
        self.setup.gauges.sip_in.add(count as u64);
        for datagram in self.batch.datagrams() {
            let input = Input::Datagram {
                from: datagram.from,
                bytes: datagram.bytes.to_vec(),
            };
            self.setup.switchboard.handle(now, input);
            while let Some(output) = self.setup.switchboard.poll_output() {
                self.setup.outlets.carry_out(output);
            }
        }
        self.batch.is_full()
    }

    fn read_streams(&mut self, poll: &Poll) -> bool {
        let mut happened = std::mem::take(&mut self.happened);
        let more = self.setup.outlets.streams.turn(poll, &mut happened);
        for input in happened.drain(..) {
            self.handle(input);
        }
        self.happened = happened;
        more
    }

    fn handle(&mut self, input: Input) {
        self.setup.switchboard.handle(now_both(), input);
        self.carry_out();
    }

    fn carry_out(&mut self) {
        while let Some(output) = self.setup.switchboard.poll_output() {
            self.setup.outlets.carry_out(output);
        }
    }

    /// Publishes the numbers before the thread sleeps, or at an interval while it does not.
    fn show(&mut self, more: bool) {
        let now = now();
        if more && now < self.shown_at + SHOW_EVERY {
            return;
        }
        self.shown_at = now;
        let shown = SwitchboardNow {
            counters: self.setup.switchboard.counters(),
            leftovers: self.setup.switchboard.leftovers(),
        };
        let gauges = &self.setup.gauges;
        gauges.switchboard.show(&mut self.shown, shown.read());
        let connections = self.setup.outlets.streams.len();
        gauges.sip_connections.set(connections);
        gauges
            .sip_drops
            .set(self.setup.outlets.sip.drops() as usize);
    }

    fn deadline(&self) -> Option<Instant> {
        let breath = self.setup.outlets.is_behind().then(|| now() + BREATH);
        let timers = self.setup.switchboard.next_deadline();
        let streams = self.setup.outlets.streams.deadline();
        [breath, timers, streams, self.end]
            .into_iter()
            .flatten()
            .min()
    }

    fn is_over(&mut self) -> bool {
        if !self.setup.switchboard.is_idle() {
            return false;
        }
        let quiet = self.setup.switchboard.leftovers().transactions == 0;
        let end = *self.end.get_or_insert_with(|| now() + LINGER);
        quiet || end <= now()
    }
}
