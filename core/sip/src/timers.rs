//! Timers by purpose, in one table. Letters are those of RFC 3261 (table 4) and RFC 6026.

use core::time::Duration;
use std::collections::{BTreeMap, BTreeSet};

use confab_terms::Instant;
use serde::{Deserialize, Serialize};

use crate::ids::{DialogId, TransactionId};

/// Round-trip time estimate: interval of the first retransmission.
pub(crate) const T1: Duration = Duration::from_millis(500);
/// Maximum retransmission interval of non-INVITE requests and INVITE responses.
pub(crate) const T2: Duration = Duration::from_secs(4);
/// Maximum lifetime of a message in the network.
pub(crate) const T4: Duration = Duration::from_secs(5);
/// 64 × T1: transaction timeout.
pub(crate) const TRANSACTION_TIMEOUT: Duration = Duration::from_secs(32);
/// Maximum time with provisional responses only (timer C of a proxy).
pub(crate) const TIMER_C: Duration = Duration::from_secs(180);
/// Timeout of a BYE after 32 s without a response: three transmissions.
pub(crate) const FINAL_BYE_TIMEOUT: Duration = Duration::from_millis(1_900);

/// Purpose of a timer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) enum Timer {
    /// Client INVITE: retransmission.
    A(TransactionId),
    /// Client INVITE: no response.
    B(TransactionId),
    /// Client INVITE: provisional responses only, or no final response after CANCEL.
    C(TransactionId),
    /// Client INVITE with a non-2xx response: absorbs retransmissions.
    D(TransactionId),
    /// Client non-INVITE: retransmission.
    E(TransactionId),
    /// Client non-INVITE: no final response.
    F(TransactionId),
    /// Client: the request could not be sent.
    Unsent(TransactionId),
    /// Server INVITE: retransmission of the non-2xx response.
    G(TransactionId),
    /// Server INVITE: no ACK for the non-2xx response.
    H(TransactionId),
    /// Server INVITE: absorbs ACKs.
    I(TransactionId),
    /// Server non-INVITE: absorbs retransmissions.
    J(TransactionId),
    /// Client non-INVITE: absorbs responses.
    K(TransactionId),
    /// Server INVITE with a 2xx: absorbs retransmissions (RFC 6026).
    L(TransactionId),
    /// Client INVITE with a 2xx: accepts retransmitted 2xx (RFC 6026).
    M(TransactionId),
    /// Dialog: retransmission of the 2xx until the ACK (RFC 3261 §13.3.1.4).
    Answer(DialogId),
    /// Dialog: no ACK for the 2xx.
    AckTimeout(DialogId),
    /// Dialog: retry of the re-INVITE after glare (RFC 3261 §14.1).
    Glare(DialogId),
    /// Dialog: retransmission of the reliable 180 until the PRACK (RFC 3262 §3).
    Reliable(DialogId),
    /// Dialog: no PRACK.
    PrackTimeout(DialogId),
    /// Dialog: session refresh (RFC 4028).
    Refresh(DialogId),
    /// Dialog: session expiry without a refresh.
    Expiry(DialogId),
}

/// Table of timers.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Timers {
    due: BTreeSet<(Instant, Timer)>,
    at: BTreeMap<Timer, Instant>,
}

impl Timers {
    /// Sets a timer, or moves a running one.
    pub(crate) fn set(&mut self, timer: Timer, at: Instant) {
        self.stop(timer);
        self.due.insert((at, timer));
        self.at.insert(timer, at);
    }

    pub(crate) fn stop(&mut self, timer: Timer) {
        if let Some(at) = self.at.remove(&timer) {
            self.due.remove(&(at, timer));
        }
    }

    pub(crate) fn is_set(&self, timer: Timer) -> bool {
        self.at.contains_key(&timer)
    }

    pub(crate) fn due(&self, timer: Timer) -> Option<Instant> {
        self.at.get(&timer).copied()
    }

    /// Stops all timers of a client transaction.
    pub(crate) fn stop_client(&mut self, id: TransactionId) {
        for timer in [Timer::A, Timer::B, Timer::C, Timer::D] {
            self.stop(timer(id));
        }
        for timer in [Timer::E, Timer::F, Timer::K, Timer::M, Timer::Unsent] {
            self.stop(timer(id));
        }
    }

    /// Stops all timers of a server transaction.
    pub(crate) fn stop_server(&mut self, id: TransactionId) {
        for timer in [Timer::G, Timer::H, Timer::I, Timer::J, Timer::L] {
            self.stop(timer(id));
        }
    }

    pub(crate) fn next(&self) -> Option<Instant> {
        self.due.first().map(|(at, _)| *at)
    }

    /// Removes and returns the first timer that is due.
    pub(crate) fn pop(&mut self, now: Instant) -> Option<Timer> {
        let (at, timer) = *self.due.first()?;
        if at > now {
            return None;
        }
        self.stop(timer);
        Some(timer)
    }

    pub(crate) fn len(&self) -> usize {
        self.due.len()
    }
}
