//! `Conference`: the owner of its participants. Each verb below lives in a file of its own.

use confab_terms::{CallSid, ConferenceSid, LegId, WallTime};
use serde::{Deserialize, Serialize};

use crate::{Effects, LeaveReason, ParticipantState, Refusal, Settings, Update, Url};

/// `init`, `in-progress`, `completed`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Status {
    /// Not started: everyone in it waits.
    Init,
    /// Started.
    InProgress,
    /// Over.
    Completed,
}

/// A participant's key in a path.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Key {
    /// Its call.
    Call(CallSid),
    /// Its label.
    Label(String),
}

/// One conference.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conference {
    sid: ConferenceSid,
}

impl Conference {
    /// A conference that nobody is in yet. `first` gives status callback and name their say.
    #[must_use]
    pub fn new(sid: ConferenceSid, friendly_name: String, first: &Settings, now: WallTime) -> Self {
        todo!()
    }
    /// A call has been told to join but is not answered: it can be addressed from now on.
    pub fn expect(
        &mut self,
        call: CallSid,
        leg: LegId,
        settings: Settings,
        now: WallTime,
    ) -> Result<(), Refusal> {
        todo!()
    }
    /// An expected call was answered: it takes its seat (and may thereby start the conference).
    pub fn seat(&mut self, call: CallSid, now: WallTime) -> Result<Effects, Refusal> {
        todo!()
    }
    /// A call leaves, or an expected one will not come (then: no event, no effect on others).
    pub fn leave(&mut self, call: CallSid, reason: LeaveReason, now: WallTime) -> Effects {
        todo!()
    }
    /// An update: all of it or nothing. `Effects` is empty (`Effects::default()`) if it changed nothing.
    pub fn update(
        &mut self,
        key: &Key,
        update: &Update,
        now: WallTime,
    ) -> Result<Effects, Refusal> {
        todo!()
    }
    /// `AnnounceUrl` of the conference: to everyone seated.
    pub fn announce(&mut self, from: &Url, now: WallTime) -> Result<Effects, Refusal> {
        todo!()
    }
    /// `Status=completed`.
    pub fn complete(&mut self, now: WallTime) -> Result<Effects, Refusal> {
        todo!()
    }
    /// Looks a participant up, seated or expected.
    pub fn participant(&self, key: &Key) -> Result<&ParticipantState, Refusal> {
        todo!()
    }
    /// The seated ones, oldest first.
    pub fn participants(&self) -> impl Iterator<Item = &ParticipantState> {
        [].iter()
    }
    /// What the rules say of (listener, speaker), and the first reason that holds.
    pub fn because(&self, listener: CallSid, speaker: CallSid) -> Because {
        todo!()
    }
    // also: sid(), friendly_name(), status(), date_created(), date_updated(), callback(), is_empty()
    // (nobody seated or expected), and serde.
}

/// Why a listener hears or does not hear a speaker: the first that holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Because {
    /// not-started
    NotStarted,
    /// listener-held
    ListenerHeld,
    /// speaker-held
    SpeakerHeld,
    /// speaker-muted
    SpeakerMuted,
    /// coaching-another
    CoachingAnother,
    /// heard
    Heard,
}
