//! State of a phone, which other threads can read and wait for.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use confab_sip::Ending;
use thiserror::Error;

use crate::tape::Tape;

/// State of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// INVITE without a response yet.
    Calling,
    /// 180 received.
    Ringing,
    /// Answered: audio flows.
    Talking,
    /// Other side on hold.
    Holding,
    /// Ended.
    Ended(Ending),
}

/// Error of a phone.
#[derive(Debug, Error)]
pub enum PhoneError {
    /// No port, descriptor or thread.
    #[error("the phone could not be set up: {0}")]
    NotSetUp(#[from] std::io::Error),
    /// Timeout of a wait.
    #[error("waited {waited:?} in vain: the call is {state:?}, {packets} packets heard")]
    TimedOut {
        /// Length of the wait.
        waited: Duration,
        /// State at the timeout.
        state: State,
        /// Number of received packets.
        packets: u64,
    },
    /// Call that ended during a wait.
    #[error("the call has ended: {0:?}")]
    Over(Ending),
    /// Thread of the phones that has ended, or whose queue is full.
    #[error("the phones take no orders")]
    NoOrders,
}

/// State of a phone that other threads can read.
#[derive(Debug)]
pub(crate) struct Seen {
    pub(crate) state: State,
    /// Number of the phone's offers that were answered or rejected, and the last status of a
    /// rejection.
    pub(crate) offers_answered: u64,
    pub(crate) last_refusal: Option<u16>,
    /// Number of accepted offers of the other side.
    pub(crate) offers_taken: u64,
    pub(crate) tape: Tape,
    /// Number of packets sent.
    pub(crate) sent: u64,
    /// True if the negotiated media is encrypted.
    pub(crate) encrypted: bool,
    /// Value of `Replaces` that names this call.
    pub(crate) place: Option<String>,
}

/// `Seen` with a lock, and a signal for waiting threads.
#[derive(Debug)]
pub(crate) struct Shared {
    seen: Mutex<Seen>,
    changed: Condvar,
}

impl Shared {
    pub(crate) fn new() -> Self {
        Self {
            seen: Mutex::new(Seen {
                state: State::Calling,
                offers_answered: 0,
                last_refusal: None,
                offers_taken: 0,
                tape: Tape::default(),
                sent: 0,
                encrypted: false,
                place: None,
            }),
            changed: Condvar::new(),
        }
    }

    pub(crate) fn look(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the state, and wakes waiting threads.
    pub(crate) fn change<T>(&self, how: impl FnOnce(&mut Seen) -> T) -> T {
        let result = how(&mut self.look());
        self.changed.notify_all();
        result
    }

    /// Waits until `wanted` accepts the state, or the call has ended.
    pub(crate) fn wait(
        &self,
        at_most: Duration,
        wanted: impl Fn(&Seen) -> bool,
    ) -> Result<State, PhoneError> {
        let settled = |seen: &Seen| wanted(seen) || matches!(seen.state, State::Ended(_));
        let (seen, _) = self
            .changed
            .wait_timeout_while(self.look(), at_most, |seen| !settled(seen))
            .unwrap_or_else(PoisonError::into_inner);
        match seen.state {
            state if wanted(&seen) => Ok(state),
            State::Ended(how) => Err(PhoneError::Over(how)),
            state => Err(PhoneError::TimedOut {
                waited: at_most,
                state,
                packets: seen.tape.count(),
            }),
        }
    }
}
