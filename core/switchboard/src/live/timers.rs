//! Timers as an enum of purposes and a table: setting a purpose again moves it.

use std::collections::{BTreeMap, BTreeSet};

use confab_terms::{CallSid, ConferenceSid, Instant, LegId, RecordingSid, RequestId};
use serde::{Deserialize, Serialize};

/// What becomes due.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) enum Timer {
    /// A call waits for its document no longer.
    Document(CallSid),
    /// Host names in SDP of a call are waited for no longer.
    Names(CallSid),
    /// A `<Pause>` before the answer is over.
    Pause(CallSid),
    /// A call of ours rings long enough.
    Ringing(CallSid),
    /// `<Dial timeLimit>`.
    TimeLimit(CallSid),
    /// `TimeLimit` of a call.
    CallLimit(CallSid),
    /// `<Record timeout>`.
    Silence(CallSid),
    /// `<Record maxLength>`.
    Length(CallSid),
    /// A document waits no longer for its recording to be whole.
    Written(CallSid),
    /// Silence has lasted long enough: the built-in music stands in.
    MusicGrace(CallSid),
    /// A hold or wait document may start over.
    Round(CallSid),
    /// The REST API waits no longer for the room's word.
    Reply(ConferenceSid, RequestId),
    /// An ended conference waits no longer for its room's last word.
    Close(ConferenceSid),
    /// The end of a conference waits no longer for the file of its recording.
    Ended(RecordingSid),
    /// An ended call waits no longer for its leg's figures.
    Parting(LegId),
    /// The time at which calls are up is stored again.
    Alive,
}

/// All timers.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Timers {
    due: BTreeSet<(Instant, Timer)>,
    at: BTreeMap<Timer, Instant>,
}

impl Timers {
    pub(crate) fn set(&mut self, timer: Timer, at: Instant) {
        self.cancel(timer);
        self.due.insert((at, timer));
        self.at.insert(timer, at);
    }

    pub(crate) fn cancel(&mut self, timer: Timer) {
        if let Some(at) = self.at.remove(&timer) {
            self.due.remove(&(at, timer));
        }
    }

    pub(crate) fn is_set(&self, timer: Timer) -> bool {
        self.at.contains_key(&timer)
    }

    pub(crate) fn next(&self) -> Option<Instant> {
        self.due.first().map(|(at, _)| *at)
    }

    /// Takes one timer that is due.
    pub(crate) fn take_due(&mut self, now: Instant) -> Option<Timer> {
        let (at, timer) = *self.due.first()?;
        if at > now {
            return None;
        }
        self.cancel(timer);
        Some(timer)
    }

    pub(crate) fn len(&self) -> usize {
        self.due.len()
    }
}
