//! Legs with their sockets on their way between media threads: handed over behind a tick, taken
//! over before the next, waited for by what is ordered of them.

use std::collections::{BTreeSet, VecDeque};

use confab_media::MovedLeg;
use confab_terms::LegId;
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::mpsc::{Receiver, Sender, channel};

use super::legs;

/// Legs on their way to one thread; beyond it they stay where they are for a tick.
const MOVES_MAX: usize = 256;

/// A leg that arrives.
pub(super) struct Arrival {
    pub(super) id: LegId,
    /// `None`: it was not where it was to come from.
    pub(super) leg: Option<(MovedLeg, legs::Leg)>,
}

/// One thread's ends of the ways between all of them.
pub(crate) struct Moves {
    arrivals: Receiver<Arrival>,
    /// To each thread, this one included.
    to: Vec<Sender<Arrival>>,
    /// In the order in which they were told to go.
    leaving: VecDeque<(LegId, u16)>,
    /// To be taken over on a later tick, and so is whoever comes behind it.
    early: Option<Arrival>,
    /// Here, and not yet asked for.
    arrived: BTreeSet<LegId>,
    /// What is ordered from here on finds this leg here.
    awaited: Option<LegId>,
}

impl Moves {
    /// Between so many threads, for each in its turn.
    pub(crate) fn between(threads: u16) -> Vec<Self> {
        let (to, arrivals): (Vec<_>, Vec<_>) = (0..threads).map(|_| channel(MOVES_MAX)).unzip();
        let ends = arrivals.into_iter().map(|arrivals| Self {
            arrivals,
            to: to.clone(),
            leaving: VecDeque::new(),
            early: None,
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
            self.awaited = Some(leg);
        }
    }

    pub(super) fn waits(&self) -> bool {
        self.awaited.is_some()
    }

    /// Nothing will be ordered any more.
    pub(super) fn stop_waiting(&mut self) {
        self.awaited = None;
    }

    /// The next one, if its turn is not after the tick that comes: the other thread may be early.
    pub(super) fn arrives(&mut self, is_due: impl Fn(&MovedLeg) -> bool) -> Option<Arrival> {
        let next = self.early.take().or_else(|| self.arrivals.try_recv().ok());
        let arrival = next?;
        if arrival.leg.as_ref().is_some_and(|(leg, _)| !is_due(leg)) {
            self.early = Some(arrival);
            return None;
        }
        if self.awaited == Some(arrival.id) {
            self.awaited = None;
        } else {
            self.arrived.insert(arrival.id);
        }
        Some(arrival)
    }

    /// Sends off who is to leave, as far as there is room on the way.
    pub(super) fn send_off(
        &mut self,
        mut take: impl FnMut(LegId) -> Option<(MovedLeg, legs::Leg)>,
    ) {
        while let Some(&(id, to)) = self.leaving.front() {
            match self.to[usize::from(to)].try_reserve() {
                Ok(way) => way.send(Arrival { id, leg: take(id) }),
                Err(TrySendError::Full(())) => return,
                // That thread has ended, and so have all calls.
                Err(TrySendError::Closed(())) => {}
            }
            self.leaving.pop_front();
        }
    }
}
