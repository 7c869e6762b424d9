//! Participants: one, or those of a conference.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::Value;

use crate::list::{self, Page};
use crate::wire::{Field, Wire};
use crate::{Error, Update};

/// A participant, as the API shows it.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct Participant {
    /// Whose.
    pub account_sid: String,
    /// Its call.
    pub call_sid: String,
    /// Whom it coaches.
    pub call_sid_to_coach: Option<String>,
    /// Whether it coaches.
    pub coaching: bool,
    /// Where.
    pub conference_sid: String,
    /// When it joined, as RFC 2822 has it.
    pub date_created: String,
    /// When something last changed.
    pub date_updated: String,
    /// Whether the conference ends when it leaves.
    pub end_conference_on_exit: bool,
    /// Whether it is on hold.
    pub hold: bool,
    /// Whether it is muted.
    pub muted: bool,
    /// Whether the conference starts when it enters.
    pub start_conference_on_enter: bool,
    /// `in-progress` or `completed`; Twilio has other words.
    pub status: String,
    /// Its path.
    pub uri: String,
    /// Another key for its path (Twilio).
    #[serde(default)]
    pub label: Option<String>,
    /// What a server sends beyond that.
    #[serde(flatten)]
    pub other: serde_json::Map<String, Value>,
}

/// One participant: its call's sid, or its label.
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

    /// As it is now.
    pub async fn fetch(&self) -> Result<Participant, Error> {
        self.wire.fetch(&self.path(), &[]).await
    }

    /// Changes it, once the fields are named and it is sent.
    pub fn update(&self) -> Update {
        Update::new(
            Arc::clone(&self.wire),
            self.conference.clone(),
            self.key.clone(),
        )
    }

    /// Takes it out of the conference; its call goes on with its document, or ends.
    pub async fn remove(&self) -> Result<(), Error> {
        self.wire.delete(&self.path()).await
    }

    fn path(&self) -> [&str; 4] {
        ["Conferences", &self.conference, "Participants", &self.key]
    }
}

/// The participants of a conference.
#[derive(Clone, Debug)]
pub struct Participants {
    wire: Arc<Wire>,
    conference: String,
}

impl Participants {
    pub(crate) fn new(wire: Arc<Wire>, conference: String) -> Self {
        Self { wire, conference }
    }

    /// Those who are in it, oldest first, once filters are named and it is sent.
    pub fn list(&self) -> ParticipantList {
        ParticipantList {
            wire: Arc::clone(&self.wire),
            conference: self.conference.clone(),
            fields: Vec::new(),
        }
    }
}

/// A list in the making.
#[derive(Clone, Debug)]
#[must_use = "a list is not asked for before it is sent"]
pub struct ParticipantList {
    wire: Arc<Wire>,
    conference: String,
    fields: Vec<Field>,
}

impl ParticipantList {
    /// Only the muted, or only the others.
    pub fn muted(mut self, muted: bool) -> Self {
        self.fields.push(("Muted", muted.to_string()));
        self
    }

    /// Only those on hold, or only the others.
    pub fn hold(mut self, hold: bool) -> Self {
        self.fields.push(("Hold", hold.to_string()));
        self
    }

    /// So many on a page, 1 to 1000.
    pub fn page_size(mut self, size: u32) -> Self {
        self.fields.push(("PageSize", size.to_string()));
        self
    }

    /// The first page.
    pub async fn page(self) -> Result<Page<Participant>, Error> {
        let path = ["Conferences", &self.conference, "Participants"];
        let page = self.wire.fetch(&path, &self.fields).await?;
        Page::new(Arc::clone(&self.wire), "participants", page)
    }

    /// All of them, page after page.
    pub async fn send(self) -> Result<Vec<Participant>, Error> {
        list::all(self.page().await?).await
    }
}
