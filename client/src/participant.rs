//! Participants: access to one participant, and to all participants of a conference.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::Value;

use crate::list::{self, Page};
use crate::wire::{Field, Wire};
use crate::{Error, Update};

/// Participant, as the API shows it.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct Participant {
    /// Account sid.
    pub account_sid: String,
    /// Call sid.
    pub call_sid: String,
    /// Call sid of the target, if the participant coaches.
    pub call_sid_to_coach: Option<String>,
    /// True if the participant coaches.
    pub coaching: bool,
    /// Conference sid.
    pub conference_sid: String,
    /// Time of joining, in the format of RFC 2822.
    pub date_created: String,
    /// Time of the last change.
    pub date_updated: String,
    /// True if the conference ends when the participant leaves.
    pub end_conference_on_exit: bool,
    /// True if the participant is on hold.
    pub hold: bool,
    /// True if the participant is muted.
    pub muted: bool,
    /// True if the conference starts when the participant enters.
    pub start_conference_on_enter: bool,
    /// Status: `in-progress` or `completed`; Twilio has further values.
    pub status: String,
    /// Path of the resource.
    pub uri: String,
    /// Label, a second key in the path (Twilio).
    #[serde(default)]
    pub label: Option<String>,
    /// Further fields of the response.
    #[serde(flatten)]
    pub other: serde_json::Map<String, Value>,
}

/// Access to one participant, by call sid or label.
#[derive(Clone, Debug)]
pub struct ParticipantAt {
    wire: Arc<Wire>,
    conference: String,
    key: String,
}

impl ParticipantAt {
    pub(crate) fn new(wire: Arc<Wire>, conference: String, key: String) -> Self {
        Self {
            wire,
            conference,
            key,
        }
    }

    /// Fetches the participant.
    pub async fn fetch(&self) -> Result<Participant, Error> {
        self.wire.fetch(&self.path(), &[]).await
    }

    /// Begins an update of the participant.
    pub fn update(&self) -> Update {
        Update::new(
            Arc::clone(&self.wire),
            self.conference.clone(),
            self.key.clone(),
        )
    }

    /// Removes the participant from the conference; its call continues with its document, or ends.
    pub async fn remove(&self) -> Result<(), Error> {
        self.wire.delete(&self.path()).await
    }

    fn path(&self) -> [&str; 4] {
        ["Conferences", &self.conference, "Participants", &self.key]
    }
}

/// Access to the participants of a conference.
#[derive(Clone, Debug)]
pub struct Participants {
    wire: Arc<Wire>,
    conference: String,
}

impl Participants {
    pub(crate) fn new(wire: Arc<Wire>, conference: String) -> Self {
        Self { wire, conference }
    }

    /// Begins a list of the participants, oldest first.
    pub fn list(&self) -> ParticipantList {
        ParticipantList {
            wire: Arc::clone(&self.wire),
            conference: self.conference.clone(),
            fields: Vec::new(),
        }
    }
}

/// List of participants before it is requested.
#[derive(Clone, Debug)]
#[must_use = "a list is not asked for before it is sent"]
pub struct ParticipantList {
    wire: Arc<Wire>,
    conference: String,
    fields: Vec<Field>,
}

impl ParticipantList {
    /// Filters by mute.
    pub fn muted(mut self, muted: bool) -> Self {
        self.fields.push(("Muted", muted.to_string()));
        self
    }

    /// Filters by hold.
    pub fn hold(mut self, hold: bool) -> Self {
        self.fields.push(("Hold", hold.to_string()));
        self
    }

    /// Sets the number of participants on a page, 1 to 1000.
    pub fn page_size(mut self, size: u32) -> Self {
        self.fields.push(("PageSize", size.to_string()));
        self
    }

    /// Requests the first page.
    pub async fn page(self) -> Result<Page<Participant>, Error> {
        let path = ["Conferences", &self.conference, "Participants"];
        let page = self.wire.fetch(&path, &self.fields).await?;
        Page::new(Arc::clone(&self.wire), "participants", page)
    }

    /// Requests page after page, and returns all participants.
    pub async fn send(self) -> Result<Vec<Participant>, Error> {
        list::all(self.page().await?).await
    }
}
