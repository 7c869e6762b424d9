//! What of a phone can be seen from another thread, and waited for.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use confab_sip::Ending;
use thiserror::Error;

use crate::tape::Tape;

/// How far a call is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// The INVITE is on its way.
    Calling,
    /// 180 came.
    Ringing,
    /// It was answered: voices flow.
    Talking,
    /// We hold the other side.
    Holding,
    /// It is over.
    Ended(Ending),
}

/// Why a phone did not do what it was asked.
#[derive(Debug, Error)]
pub enum PhoneError {
    /// No port, no descriptor, no thread.
    #[error("the phone could not be set up: {0}")]
    NotSetUp(#[from] std::io::Error),
    /// Not within the time.
    #[error("waited {waited:?} in vain: the call is {state:?}, {packets} packets heard")]
    TimedOut {
        /// How long.
        waited: Duration,
        /// What it is instead.
        state: State,
        /// What was heard.
        packets: u64,
    },
    /// Instead, the call is over.
    #[error("the call has ended: {0:?}")]
    Over(Ending),
    /// The thread of the phones is gone, or has more to do than it can remember.
    #[error("the phones take no orders")]
    NoOrders,
}

/// What of a phone can be seen.
#[derive(Debug)]
pub(crate) struct Seen {
    pub(crate) state: State,
    /// How often the other side has answered an offer of ours, and with what last: 200 or other.
    pub(crate) offers_answered: u64,
    pub(crate) last_refusal: Option<u16>,
    /// Offers of the other side that were taken.
    pub(crate) offers_taken: u64,
    pub(crate) tape: Tape,
    /// Packets sent.
    pub(crate) sent: u64,
    /// Whether the media that was agreed on is.
    pub(crate) encrypted: bool,
    /// The value of `Replaces` that names this call.
    pub(crate) place: Option<String>,
}

/// `Seen`, and who waits for it.
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

    /// Changes it and wakes those who wait.
    pub(crate) fn change<T>(&self, how: impl FnOnce(&mut Seen) -> T) -> T {
        let result = how(&mut self.look());
        self.changed.notify_all();
        result
    }

    /// Waits until it is as wanted, or the call is over and never will be.
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
