//! `Conference`: the owner of its participants, and what can be asked of it. Each verb that
//! changes it lives in a file of its own: expect, seat, hand
//! over, leave, update, announce.

use std::collections::BTreeMap;

use confab_terms::{CallSid, ConferenceSid, WallTime};
use serde::{Deserialize, Serialize};

use crate::participant::Participant;
use crate::{Callback, Customs, ParticipantState, RecordWish, Refusal, Settings};

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
    pub(crate) sid: ConferenceSid,
    pub(crate) friendly_name: String,
    pub(crate) status: Status,
    pub(crate) date_created: WallTime,
    pub(crate) date_updated: WallTime,
    pub(crate) callback: Option<Callback>,
    pub(crate) event_callback_url: Option<String>,
    /// Recorded once it starts.
    pub(crate) record: Option<RecordWish>,
    /// `SequenceNumber` of the event sent last.
    pub(crate) sequence: u64,
    /// Seated and expected ones.
    pub(crate) participants: BTreeMap<CallSid, Participant>,
    /// The seated ones, oldest first.
    pub(crate) joined: Vec<CallSid>,
    /// Whose each label is, seated or expected.
    pub(crate) labels: BTreeMap<String, CallSid>,
    pub(crate) customs: Customs,
}

impl Conference {
    /// A conference that nobody is in yet. `first` gives status callback and name their say,
    /// until somebody is seated: then what that one brought counts, for good.
    #[must_use]
    pub fn new(sid: ConferenceSid, friendly_name: String, first: &Settings, now: WallTime) -> Self {
        Self {
            sid,
            friendly_name,
            status: Status::Init,
            date_created: now,
            date_updated: now,
            callback: first.status_callback.clone(),
            event_callback_url: first.event_callback_url.clone(),
            record: first.record.clone(),
            sequence: 0,
            participants: BTreeMap::new(),
            joined: Vec::new(),
            labels: BTreeMap::new(),
            customs: Customs::default(),
        }
    }

    /// The same, where other customs hold.
    #[must_use]
    pub fn with_customs(self, customs: Customs) -> Self {
        Self { customs, ..self }
    }

    /// Looks a participant up, seated or expected.
    pub fn participant(&self, key: &Key) -> Result<&ParticipantState, Refusal> {
        Ok(&self.find(key)?.state)
    }

    /// The seated ones, oldest first.
    pub fn participants(&self) -> impl Iterator<Item = &ParticipantState> {
        let seated = self.joined.iter();
        seated.filter_map(|call| Some(&self.participants.get(call)?.state))
    }

    /// Its id.
    #[must_use]
    pub fn sid(&self) -> ConferenceSid {
        self.sid
    }

    /// Its name.
    #[must_use]
    pub fn friendly_name(&self) -> &str {
        &self.friendly_name
    }

    /// Where its life stands.
    #[must_use]
    pub fn status(&self) -> Status {
        self.status
    }

    /// When it was made.
    #[must_use]
    pub fn date_created(&self) -> WallTime {
        self.date_created
    }

    /// When its status last changed.
    #[must_use]
    pub fn date_updated(&self) -> WallTime {
        self.date_updated
    }

    /// Where its events go.
    #[must_use]
    pub fn callback(&self) -> Option<&Callback> {
        self.callback.as_ref()
    }

    /// Who is told of its end besides, by POST.
    #[must_use]
    pub fn event_callback_url(&self) -> Option<&str> {
        self.event_callback_url.as_deref()
    }

    /// Returns `SequenceNumber` of the event sent last.
    #[must_use]
    pub fn sequence(&self) -> u64 {
        self.sequence
    }

    /// Returns true if a participant-speech-start of this call has no participant-speech-stop yet.
    #[must_use]
    pub fn is_speaking(&self, call: CallSid) -> bool {
        self.participants.get(&call).is_some_and(|p| p.speaks)
    }

    /// How many are seated.
    #[must_use]
    pub fn seated(&self) -> usize {
        self.joined.len()
    }

    /// Nobody seated or expected. If it has not ended either, it never began: drop it silently.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.participants.is_empty()
    }

    pub(crate) fn find(&self, key: &Key) -> Result<&Participant, Refusal> {
        let (call, said) = match key {
            Key::Call(call) => (Some(call), call.to_string()),
            Key::Label(label) => (self.labels.get(label), label.clone()),
        };
        call.and_then(|call| self.participants.get(call))
            .ok_or(Refusal::NoSuchParticipant(said))
    }

    /// Looked at before anything else.
    pub(crate) fn not_completed(&self) -> Result<(), Refusal> {
        match self.status {
            Status::Init | Status::InProgress => Ok(()),
            Status::Completed => Err(Refusal::Completed),
        }
    }
}
