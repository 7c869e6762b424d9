//! Every timer by its purpose, in one table. The letters are RFC 3261's (table 4) and 6026's.

use core::time::Duration;
use std::collections::{BTreeMap, BTreeSet};

use confab_terms::Instant;
use serde::{Deserialize, Serialize};

use crate::DialogId;

/// Round trip, and the first retransmission.
pub(crate) const T1: Duration = Duration::from_millis(500);
/// The longest pause between retransmissions of anything but an INVITE.
pub(crate) const T2: Duration = Duration::from_secs(4);
/// How long a message stays in the network.
pub(crate) const T4: Duration = Duration::from_secs(5);
/// 64 × T1: when nothing more will come.
pub(crate) const PATIENCE: Duration = Duration::from_secs(32);
/// How long an INVITE may stay at provisional responses (a proxy's timer C).
pub(crate) const RINGING_MAX: Duration = Duration::from_secs(180);
/// For a BYE that follows 32 s of silence: room for three tries.
pub(crate) const LAST_WORD: Duration = Duration::from_millis(1_900);

/// Names a transaction, client's or server's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct TransactionId(pub(crate) u64);

/// What a timer is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) enum Timer {
    /// Client INVITE: send again.
    A(TransactionId),
    /// Client INVITE: no answer at all.
    B(TransactionId),
    /// Client INVITE: only provisional responses, or none to a CANCEL.
    C(TransactionId),
    /// Client INVITE refused: absorbs retransmissions.
    D(TransactionId),
    /// Client non-INVITE: send again.
    E(TransactionId),
    /// Client non-INVITE: no answer.
    F(TransactionId),
    /// Client: there is no way to them.
    Unsent(TransactionId),
    /// Server INVITE: send the refusal again.
    G(TransactionId),
    /// Server INVITE: no ACK for the refusal.
    H(TransactionId),
    /// Server INVITE: absorbs ACKs.
    I(TransactionId),
    /// Server non-INVITE: absorbs retransmissions.
    J(TransactionId),
    /// Client non-INVITE: absorbs responses.
    K(TransactionId),
    /// Server INVITE accepted: absorbs retransmissions (RFC 6026).
    L(TransactionId),
    /// Client INVITE accepted: takes retransmitted 2xx (RFC 6026).
    M(TransactionId),
    /// Send the 2xx again, until its ACK (RFC 3261 §13.3.1.4).
    Answer(DialogId),
    /// The ACK never came.
    AnswerUnheard(DialogId),
    /// Try the re-INVITE again (RFC 3261 §14.1).
    Glare(DialogId),
    /// Send the 180 again, until its PRACK (RFC 3262 §3).
    Reliable(DialogId),
    /// The PRACK never came.
    ReliableUnheard(DialogId),
    /// Refresh the call (RFC 4028).
    Refresh(DialogId),
    /// Nobody has.
    Expiry(DialogId),
}

/// The table.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Timers {
    due: BTreeSet<(Instant, Timer)>,
    at: BTreeMap<Timer, Instant>,
}

impl Timers {
    /// Sets a timer, anew if it runs already.
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

    /// Stops everything that a client transaction may have set.
    pub(crate) fn stop_client(&mut self, id: TransactionId) {
        for timer in [Timer::A, Timer::B, Timer::C, Timer::D] {
            self.stop(timer(id));
        }
        for timer in [Timer::E, Timer::F, Timer::K, Timer::M, Timer::Unsent] {
            self.stop(timer(id));
        }
    }

    /// Stops everything that a server transaction may have set.
    pub(crate) fn stop_server(&mut self, id: TransactionId) {
        for timer in [Timer::G, Timer::H, Timer::I, Timer::J, Timer::L] {
            self.stop(timer(id));
        }
    }

    pub(crate) fn next(&self) -> Option<Instant> {
        self.due.first().map(|(at, _)| *at)
    }

    /// Takes the first timer that is due.
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
