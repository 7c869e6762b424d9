//! Conferences: one, or all.

use core::fmt;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::list::{self, Page};
use crate::wire::{Field, Wire, read};
use crate::{Audibility, Error, Method, ParticipantAt, Participants};

/// A conference, as the API shows it.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct Conference {
    /// Its id.
    pub sid: String,
    /// Whose.
    pub account_sid: String,
    /// Its name.
    pub friendly_name: String,
    /// Where in its life it is.
    pub status: ConferenceStatus,
    /// When it came to be, as RFC 2822 has it.
    pub date_created: String,
    /// When something last changed.
    pub date_updated: String,
    /// Its path.
    pub uri: String,
    /// What a server sends beyond that.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// Where in its life a conference is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ConferenceStatus {
    /// Not started yet.
    Init,
    /// Started.
    InProgress,
    /// Over.
    Completed,
}

impl fmt::Display for ConferenceStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Init => "init",
            Self::InProgress => "in-progress",
            Self::Completed => "completed",
        })
    }
}

/// One conference.
#[derive(Clone, Debug)]
pub struct ConferenceAt {
    wire: Arc<Wire>,
    sid: String,
}

impl ConferenceAt {
    pub(crate) fn new(wire: Arc<Wire>, sid: String) -> Self {
        Self { wire, sid }
    }

    /// As it is now.
    pub async fn fetch(&self) -> Result<Conference, Error> {
        self.wire.fetch(&["Conferences", &self.sid], &[]).await
    }

    /// Ends it, or announces to everyone in it, once that is named and sent.
    pub fn update(&self) -> ConferenceUpdate {
        ConferenceUpdate {
            at: self.clone(),
            fields: Vec::new(),
        }
    }

    /// One participant: its call's sid, or its label.
    #[must_use]
    pub fn participants(&self, key: impl Into<String>) -> ParticipantAt {
        ParticipantAt::new(Arc::clone(&self.wire), self.sid.clone(), key.into())
    }

    /// All who are in it.
    #[must_use]
    pub fn all_participants(&self) -> Participants {
        Participants::new(Arc::clone(&self.wire), self.sid.clone())
    }

    /// Who hears whom, as the room really has it. Only confab tells.
    pub async fn audibility(&self) -> Result<Audibility, Error> {
        let path = ["Conferences", &self.sid, "Audibility"];
        self.wire.fetch(&path, &[]).await
    }
}

/// An update in the making.
#[derive(Clone, Debug)]
#[must_use = "an update does nothing before it is sent"]
pub struct ConferenceUpdate {
    at: ConferenceAt,
    fields: Vec<Field>,
}

impl ConferenceUpdate {
    /// Ends the conference.
    pub fn completed(mut self) -> Self {
        self.fields.push(("Status", "completed".to_owned()));
        self
    }

    /// An announcement to everyone in it.
    pub fn announce_url(mut self, url: impl Into<String>) -> Self {
        self.fields.push(("AnnounceUrl", url.into()));
        self
    }

    /// How the announcement's URL is asked; POST if nothing is said.
    pub fn announce_method(mut self, method: Method) -> Self {
        self.fields.push(("AnnounceMethod", method.to_string()));
        self
    }

    /// Sends it.
    pub async fn send(self) -> Result<Conference, Error> {
        let path = ["Conferences", &self.at.sid];
        read(self.at.wire.post(&path, &self.fields).await?).await
    }
}

/// All conferences.
#[derive(Clone, Debug)]
pub struct Conferences {
    wire: Arc<Wire>,
}

impl Conferences {
    pub(crate) fn new(wire: Arc<Wire>) -> Self {
        Self { wire }
    }

    /// Live and ended ones, newest first, once filters are named and it is sent.
    pub fn list(&self) -> ConferenceList {
        ConferenceList {
            wire: Arc::clone(&self.wire),
            fields: Vec::new(),
        }
    }
}

/// A list in the making.
#[derive(Clone, Debug)]
#[must_use = "a list is not asked for before it is sent"]
pub struct ConferenceList {
    wire: Arc<Wire>,
    fields: Vec<Field>,
}

impl ConferenceList {
    /// Only those that are there in their life.
    pub fn status(mut self, status: ConferenceStatus) -> Self {
        self.fields.push(("Status", status.to_string()));
        self
    }

    /// Only those of this name.
    pub fn friendly_name(mut self, name: impl Into<String>) -> Self {
        self.fields.push(("FriendlyName", name.into()));
        self
    }

    /// Only those of this day in UTC, `2026-11-17`.
    pub fn date_created(mut self, day: impl Into<String>) -> Self {
        self.fields.push(("DateCreated", day.into()));
        self
    }

    /// Only those of this day in UTC and earlier.
    pub fn date_created_until(mut self, day: impl Into<String>) -> Self {
        self.fields.push(("DateCreated<", day.into()));
        self
    }

    /// Only those of this day in UTC and later.
    pub fn date_created_since(mut self, day: impl Into<String>) -> Self {
        self.fields.push(("DateCreated>", day.into()));
        self
    }

    /// So many on a page, 1 to 1000.
    pub fn page_size(mut self, size: u32) -> Self {
        self.fields.push(("PageSize", size.to_string()));
        self
    }

    /// The first page.
    pub async fn page(self) -> Result<Page<Conference>, Error> {
        let page = self.wire.fetch(&["Conferences"], &self.fields).await?;
        Page::new(Arc::clone(&self.wire), "conferences", page)
    }

    /// All of them, page after page.
    pub async fn send(self) -> Result<Vec<Conference>, Error> {
        list::all(self.page().await?).await
    }
}
