//! Table of timers, indexed by purpose. Setting a timer again replaces its time.

use std::collections::{BTreeMap, BTreeSet};

use confab_terms::{CallSid, ConferenceSid, Instant, LegId, RecordingSid, RequestId};
use serde::{Deserialize, Serialize};

/// Purpose of a timer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) enum Timer {
    /// Timeout of the request for a call's document.
    Document(CallSid),
    /// Timeout of lookups of host names in a call's SDP.
    SdpLookup(CallSid),
    /// End of a `<Pause>` before the answer.
    Pause(CallSid),
    /// Ringing timeout of an outbound call.
    Ringing(CallSid),
    /// `<Dial timeLimit>`.
    TimeLimit(CallSid),
    /// `TimeLimit` of a call.
    CallLimit(CallSid),
    /// `<Record timeout>`.
    RecordSilence(CallSid),
    /// `<Record maxLength>`.
    RecordLength(CallSid),
    /// Timeout of a document that waits for the file of its recording.
    RecordFile(CallSid),
    /// Maximum silence before the built-in music.
    MusicGrace(CallSid),
    /// Earliest restart of a hold or wait document.
    MusicRestart(CallSid),
    /// Timeout of a reply that waits for a report of the room.
    Reply(ConferenceSid, RequestId),
    /// Timeout of an ended conference that waits for the last report of its room.
    RoomClose(ConferenceSid),
    /// Timeout of conference-end that waits for the file of the recording.
    ConferenceEndFile(RecordingSid),
    /// Timeout of an ended call that waits for the figures of its leg.
    LegFigures(LegId),
    /// Periodic update of the stored time at which calls are up.
    Alive,
}

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

    /// Removes and returns one due timer.
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
