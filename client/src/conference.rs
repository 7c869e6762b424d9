//! Conferences: access to one conference, and to all conferences.

use core::fmt;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::list::{self, Page};
use crate::wire::{Field, Wire, read};
use crate::{Audibility, Error, Method, ParticipantAt, Participants};

/// Conference, as the API shows it.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct Conference {
    /// Conference sid.
    pub sid: String,
    /// Account sid.
    pub account_sid: String,
    /// Name of the conference.
    pub friendly_name: String,
    /// State of the conference.
    pub status: ConferenceStatus,
    /// Time of creation, in the format of RFC 2822.
    pub date_created: String,
    /// Time of the last change.
    pub date_updated: String,
    /// Path of the resource.
    pub uri: String,
    /// Further fields of the response.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// State of a conference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ConferenceStatus {
    /// Not started yet.
    Init,
    /// Started.
    InProgress,
    /// Ended.
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

/// Access to one conference.
#[derive(Clone, Debug)]
pub struct ConferenceAt {
    wire: Arc<Wire>,
    sid: String,
}

impl ConferenceAt {
    pub(crate) fn new(wire: Arc<Wire>, sid: String) -> Self {
        Self { wire, sid }
    }

    /// Fetches the conference.
    pub async fn fetch(&self) -> Result<Conference, Error> {
        self.wire.fetch(&["Conferences", &self.sid], &[]).await
    }

    /// Begins an update, which ends the conference or plays an announcement to all participants.
    pub fn update(&self) -> ConferenceUpdate {
        ConferenceUpdate {
            at: self.clone(),
            fields: Vec::new(),
        }
    }

    /// Returns access to one participant, by call sid or label.
    #[must_use]
    pub fn participants(&self, key: impl Into<String>) -> ParticipantAt {
        ParticipantAt::new(Arc::clone(&self.wire), self.sid.clone(), key.into())
    }

    /// Returns access to all participants.
    #[must_use]
    pub fn all_participants(&self) -> Participants {
        Participants::new(Arc::clone(&self.wire), self.sid.clone())
    }

    /// Fetches the audibility of participants, from the state of the room. Supported by confab
    /// only.
    pub async fn audibility(&self) -> Result<Audibility, Error> {
        let path = ["Conferences", &self.sid, "Audibility"];
        self.wire.fetch(&path, &[]).await
    }
}

/// Update of a conference before it is sent.
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

    /// Plays an announcement to all participants.
    pub fn announce_url(mut self, url: impl Into<String>) -> Self {
        self.fields.push(("AnnounceUrl", url.into()));
        self
    }

    /// Sets the HTTP method of the announcement's URL; POST by default.
    pub fn announce_method(mut self, method: Method) -> Self {
        self.fields.push(("AnnounceMethod", method.to_string()));
        self
    }

    /// Sends the update, and returns the conference.
    pub async fn send(self) -> Result<Conference, Error> {
        let path = ["Conferences", &self.at.sid];
        read(self.at.wire.post(&path, &self.fields).await?).await
    }
}

/// Access to all conferences.
#[derive(Clone, Debug)]
pub struct Conferences {
    wire: Arc<Wire>,
}

impl Conferences {
    pub(crate) fn new(wire: Arc<Wire>) -> Self {
        Self { wire }
    }

    /// Begins a list of live and ended conferences, newest first.
    pub fn list(&self) -> ConferenceList {
        ConferenceList {
            wire: Arc::clone(&self.wire),
            fields: Vec::new(),
        }
    }
}

/// List of conferences before it is requested.
#[derive(Clone, Debug)]
#[must_use = "a list is not asked for before it is sent"]
pub struct ConferenceList {
    wire: Arc<Wire>,
    fields: Vec<Field>,
}

impl ConferenceList {
    /// Filters by state.
    pub fn status(mut self, status: ConferenceStatus) -> Self {
        self.fields.push(("Status", status.to_string()));
        self
    }

    /// Filters by name.
    pub fn friendly_name(mut self, name: impl Into<String>) -> Self {
        self.fields.push(("FriendlyName", name.into()));
        self
    }

    /// Filters by the day of creation in UTC, `2026-11-17`.
    pub fn date_created(mut self, day: impl Into<String>) -> Self {
        self.fields.push(("DateCreated", day.into()));
        self
    }

    /// Filters for conferences that were created on this day in UTC or earlier.
    pub fn date_created_until(mut self, day: impl Into<String>) -> Self {
        self.fields.push(("DateCreated<", day.into()));
        self
    }

    /// Filters for conferences that were created on this day in UTC or later.
    pub fn date_created_since(mut self, day: impl Into<String>) -> Self {
        self.fields.push(("DateCreated>", day.into()));
        self
    }

    /// Sets the number of conferences on a page, 1 to 1000.
    pub fn page_size(mut self, size: u32) -> Self {
        self.fields.push(("PageSize", size.to_string()));
        self
    }

    /// Requests the first page.
    pub async fn page(self) -> Result<Page<Conference>, Error> {
        let page = self.wire.fetch(&["Conferences"], &self.fields).await?;
        Page::new(Arc::clone(&self.wire), "conferences", page)
    }

    /// Requests page after page, and returns all conferences.
    pub async fn send(self) -> Result<Vec<Conference>, Error> {
        list::all(self.page().await?).await
    }
}
