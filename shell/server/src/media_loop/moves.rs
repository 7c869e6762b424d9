//! Legs with their sockets on their way between media threads: handed over behind a tick, taken
//! over before the next, waited for by what is ordered of them.

use std::collections::{BTreeSet, VecDeque};

use confab_media::MovedLeg;
use confab_terms::{LegId, RecordingSid};
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::mpsc::{Receiver, Sender, channel};

use super::legs;

/// Legs on their way to one thread; beyond it they stay where they are for a tick.
const MOVES_MAX: usize = 256;

/// A thread that stalls for longer is lost, and its legs with it: 2 s.
const AWAITED_TICKS_MAX: u32 = 100;

/// A leg that arrives.
pub(super) struct Arrival {
    pub(super) id: LegId,
    /// `None`: it was not where it was to come from.
    pub(super) leg: Option<(MovedLeg, legs::Leg)>,
    /// Ticks of its recording that found no room on their way to the disk.
    pub(super) lost: Option<(RecordingSid, u32)>,
}

/// One thread's ends of the ways between all of them.
pub(crate) struct Moves {
    arrivals: Receiver<Arrival>,
    /// To each thread, this one included.
    to: Vec<Sender<Arrival>>,
    /// In the order in which they were told to go.
    leaving: VecDeque<(LegId, u16)>,
    /// To be taken over on a later tick: as many as are on the way, at most.
    early: VecDeque<Arrival>,
    /// Here, and not yet asked for.
    arrived: BTreeSet<LegId>,
    /// What is ordered from here on finds this leg here.
    awaited: Option<Awaited>,
}

/// A leg that is to come.
#[derive(Debug)]
struct Awaited {
    leg: LegId,
    /// Ticks since it was asked for.
    ticks: u32,
}

impl Moves {
    /// Between so many threads, for each in its turn.
    pub(crate) fn between(threads: u16) -> Vec<Self> {
        let (to, arrivals): (Vec<_>, Vec<_>) = (0..threads).map(|_| channel(MOVES_MAX)).unzip();
        let ends = arrivals.into_iter().map(|arrivals| Self {
            arrivals,
            to: to.clone(),
            leaving: VecDeque::new(),
            early: VecDeque::new(),
            arrived: BTreeSet::new(),
            awaited: None,
        });
        ends.collect()
    }

    /// It goes there once this tick is over.
    pub(super) fn go(&mut self, leg: LegId, to: u16) {
        self.leaving.push_back((leg, to));
    }

    /// No order is carried out before it is here.
    pub(super) fn wait_for(&mut self, leg: LegId) {
        if !self.arrived.remove(&leg) {
            self.awaited = Some(Awaited { leg, ticks: 0 });
        }
    }

    /// Whether orders have to wait on this tick. A thread that has not sent a leg off for so long
    /// never will, and there are others here who wait for a word.
    pub(super) fn waits(&mut self) -> bool {
        let Some(awaited) = &mut self.awaited else {
            return false;
        };
        awaited.ticks += 1;
        if awaited.ticks > AWAITED_TICKS_MAX {
            tracing::error!(leg = %awaited.leg, "a leg does not come from its media thread");
            self.awaited = None;
        }
        self.awaited.is_some()
    }

    /// Nothing will be ordered any more.
    pub(super) fn stop_waiting(&mut self) {
        self.awaited = None;
    }

    /// The next one whose turn is not after the tick that comes: the other thread may be early.
    pub(super) fn arrives(&mut self, is_due: impl Fn(&MovedLeg) -> bool) -> Option<Arrival> {
        let is_due = |arrival: &Arrival| arrival.leg.as_ref().is_none_or(|(leg, _)| is_due(leg));
        let waited = self.early.iter().position(is_due);
        let arrival = match waited.and_then(|at| self.early.remove(at)) {
            Some(arrival) => arrival,
            None => loop {
                let arrival = self.arrivals.try_recv().ok()?;
                if is_due(&arrival) {
                    break arrival;
                }
                self.early.push_back(arrival);
            },
        };
        if self
            .awaited
            .take_if(|awaited| awaited.leg == arrival.id)
            .is_none()
        {
            self.arrived.insert(arrival.id);
        }
        Some(arrival)
    }

    /// Sends off who is to leave, as far as there is room on the way.
    pub(super) fn send_off(&mut self, mut take: impl FnMut(LegId) -> Arrival) {
        while let Some(&(id, to)) = self.leaving.front() {
            match self.to[usize::from(to)].try_reserve() {
                Ok(way) => way.send(take(id)),
                Err(TrySendError::Full(())) => return,
                // That thread has ended, and so have all calls.
                Err(TrySendError::Closed(())) => {}
            }
            self.leaving.pop_front();
        }
    }
}
