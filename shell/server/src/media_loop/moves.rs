//! Legs with their sockets that move between media threads: handed over after a tick, accepted
//! before the next. Orders for a moving leg are delayed until its arrival.

use std::collections::{BTreeSet, VecDeque};

use confab_media::MovedLeg;
use confab_terms::{LegId, RecordingSid};
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::mpsc::{Receiver, Sender, channel};

use super::legs;

/// Maximum number of legs on their way to a thread; further legs remain where they are for a tick.
const MOVES_MAX: usize = 256;

/// Maximum number of ticks (2 s) for which a leg is awaited; a thread that stalls for longer is
/// lost with its legs.
const AWAITED_TICKS_MAX: u32 = 100;

/// Arriving leg.
pub(super) struct Arrival {
    pub(super) id: LegId,
    /// Leg with its sockets; `None`: the leg was not on the sending thread.
    pub(super) leg: Option<(MovedLeg, legs::Leg)>,
    /// Ticks of the leg's recording that were lost on the way to the disk.
    pub(super) lost: Option<(RecordingSid, u32)>,
}

/// Channels of a thread to and from all media threads.
pub(crate) struct Moves {
    arrivals: Receiver<Arrival>,
    /// Senders to each thread, this thread included.
    to: Vec<Sender<Arrival>>,
    /// Leaving legs, in the order of their orders.
    leaving: VecDeque<(LegId, u16)>,
    /// Legs to accept on a later tick: bounded by the number of legs in transit.
    early: VecDeque<Arrival>,
    /// Legs that arrived before the order to await them.
    arrived: BTreeSet<LegId>,
    /// Leg whose arrival all later orders require.
    awaited: Option<Awaited>,
}

/// Leg that has not arrived yet.
#[derive(Debug)]
struct Awaited {
    leg: LegId,
    /// Number of ticks since the order.
    ticks: u32,
}

impl Moves {
    /// Creates the channels between `threads` threads; returns the ends of each thread in order.
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

    /// Marks a leg to be moved after this tick.
    pub(super) fn go(&mut self, leg: LegId, to: u16) {
        self.leaving.push_back((leg, to));
    }

    /// Delays all orders until the leg has arrived.
    pub(super) fn wait_for(&mut self, leg: LegId) {
        if !self.arrived.remove(&leg) {
            self.awaited = Some(Awaited { leg, ticks: 0 });
        }
    }

    /// Returns whether orders are delayed on this tick. After a timeout the leg counts as lost,
    /// because other legs of this thread need their orders.
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

    /// Ends the delay, as no more orders will come.
    pub(super) fn stop_waiting(&mut self) {
        self.awaited = None;
    }

    /// Returns the next leg whose tick is not after the coming tick: the other thread may be ahead.
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

    /// Sends leaving legs, as far as the channels have room.
    pub(super) fn send_off(&mut self, mut take: impl FnMut(LegId) -> Arrival) {
        while let Some(&(id, to)) = self.leaving.front() {
            match self.to[usize::from(to)].try_reserve() {
                Ok(way) => way.send(take(id)),
                Err(TrySendError::Full(())) => return,
                // The other thread has ended, and so have all calls.
                Err(TrySendError::Closed(())) => {}
            }
            self.leaving.pop_front();
        }
    }
}
