//! `Conference`: owner of its participants, with queries. Each operation that changes a conference
//! has a separate file: expect, seat, hand_over, leave, update, announce, speech.

use std::collections::BTreeMap;

use confab_terms::{CallSid, ConferenceSid, WallTime};
use serde::{Deserialize, Serialize};

use crate::participant::Participant;
use crate::{Callback, Customs, ParticipantState, RecordWish, Refusal, Settings};

/// Status of a conference: `init`, `in-progress`, `completed`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Status {
    /// Not started: participants hear wait music, or hold music while held.
    Init,
    /// Started.
    InProgress,
    /// Ended.
    Completed,
}

/// Key of a participant in a URL path.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Key {
    /// CallSid.
    Call(CallSid),
    /// Label.
    Label(String),
}

/// Conference with its participants and settings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conference {
    pub(crate) sid: ConferenceSid,
    pub(crate) friendly_name: String,
    pub(crate) status: Status,
    pub(crate) date_created: WallTime,
    pub(crate) date_updated: WallTime,
    pub(crate) callback: Option<Callback>,
    pub(crate) event_callback_url: Option<String>,
    /// Settings of a recording that begins at the start.
    pub(crate) record: Option<RecordWish>,
    /// `SequenceNumber` of the last sent event.
    pub(crate) sequence: u64,
    /// Seated and expected participants.
    pub(crate) participants: BTreeMap<CallSid, Participant>,
    /// Seated participants, oldest first.
    pub(crate) joined: Vec<CallSid>,
    /// Calls by label, seated or expected.
    pub(crate) labels: BTreeMap<String, CallSid>,
    pub(crate) customs: Customs,
}

impl Conference {
    /// Creates a conference without participants. `first` provides the callbacks and the recording
    /// until the first participant is seated; that participant's settings then apply permanently.
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

    /// Returns the conference with other customs.
    #[must_use]
    pub fn with_customs(self, customs: Customs) -> Self {
        Self { customs, ..self }
    }

    /// Returns a participant, seated or expected.
    ///
    /// # Errors
    ///
    /// Fails if no participant has the key.
    pub fn participant(&self, key: &Key) -> Result<&ParticipantState, Refusal> {
        Ok(&self.find(key)?.state)
    }

    /// Returns the seated participants, oldest first.
    pub fn participants(&self) -> impl Iterator<Item = &ParticipantState> {
        let seated = self.joined.iter();
        seated.filter_map(|call| Some(&self.participants.get(call)?.state))
    }

    /// Returns the ConferenceSid.
    #[must_use]
    pub fn sid(&self) -> ConferenceSid {
        self.sid
    }

    /// Returns the friendly name.
    #[must_use]
    pub fn friendly_name(&self) -> &str {
        &self.friendly_name
    }

    /// Returns the status.
    #[must_use]
    pub fn status(&self) -> Status {
        self.status
    }

    /// Returns the time of creation.
    #[must_use]
    pub fn date_created(&self) -> WallTime {
        self.date_created
    }

    /// Returns the time of the last change of the status.
    #[must_use]
    pub fn date_updated(&self) -> WallTime {
        self.date_updated
    }

    /// Returns the status callback for the conference's events.
    #[must_use]
    pub fn callback(&self) -> Option<&Callback> {
        self.callback.as_ref()
    }

    /// Returns the URL of an additional callback at the end, sent by POST.
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

    /// Returns the number of seated participants.
    #[must_use]
    pub fn seated(&self) -> usize {
        self.joined.len()
    }

    /// Returns whether no participant is seated or expected. An empty conference that is not
    /// completed never started and is dropped without events.
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

    /// Checks that the conference is not completed; each operation begins with this check.
    pub(crate) fn not_completed(&self) -> Result<(), Refusal> {
        match self.status {
            Status::Init | Status::InProgress => Ok(()),
            Status::Completed => Err(Refusal::Completed),
        }
    }
}
