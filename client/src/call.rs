//! Calls: access to one call, and to all calls.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::list::{self, Page};
use crate::wire::{Field, Wire, read};
use crate::{Error, Method};

/// Call, as the API shows it.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct Call {
    /// Call sid.
    pub sid: String,
    /// Account sid.
    pub account_sid: String,
    /// Caller.
    pub from: String,
    /// Called party.
    pub to: String,
    /// Status: `queued ringing in-progress completed busy failed no-answer canceled`.
    pub status: String,
    /// Direction: `inbound` or `outbound`; Twilio has `outbound-api` and `outbound-dial`.
    pub direction: String,
    /// Time of the answer, in the format of RFC 2822.
    pub start_time: Option<String>,
    /// Time of the end.
    pub end_time: Option<String>,
    /// Time of creation.
    pub date_created: String,
    /// Path of the resource.
    pub uri: String,
    /// Further fields of the response.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// Access to one call.
#[derive(Clone, Debug)]
pub struct CallAt {
    wire: Arc<Wire>,
    sid: String,
}

impl CallAt {
    pub(crate) fn new(wire: Arc<Wire>, sid: String) -> Self {
        Self { wire, sid }
    }

    /// Fetches the call.
    pub async fn fetch(&self) -> Result<Call, Error> {
        self.wire.fetch(&["Calls", &self.sid], &[]).await
    }

    /// Begins an update, which ends the call or sends it to another document.
    pub fn update(&self) -> CallUpdate {
        CallUpdate {
            at: self.clone(),
            fields: Vec::new(),
        }
    }
}

/// Update of a call before it is sent.
#[derive(Clone, Debug)]
#[must_use = "an update does nothing before it is sent"]
pub struct CallUpdate {
    at: CallAt,
    fields: Vec<Field>,
}

impl CallUpdate {
    /// Ends the call in any state.
    pub fn completed(self) -> Self {
        self.with("Status", "completed".to_owned())
    }

    /// Ends the call only if it was not answered yet.
    pub fn canceled(self) -> Self {
        self.with("Status", "canceled".to_owned())
    }

    /// Sets the URL of a document to execute from now on; the call leaves its conference.
    pub fn url(self, url: impl Into<String>) -> Self {
        self.with("Url", url.into())
    }

    /// Sets the HTTP method of that URL; POST by default.
    pub fn method(self, method: Method) -> Self {
        self.with("Method", method.to_string())
    }

    /// Sets a document to execute from now on, instead of its URL.
    pub fn twiml(self, document: impl Into<String>) -> Self {
        self.with("Twiml", document.into())
    }

    fn with(mut self, name: &'static str, value: String) -> Self {
        self.fields.push((name, value));
        self
    }

    /// Sends the update, and returns the call.
    pub async fn send(self) -> Result<Call, Error> {
        let path = ["Calls", &self.at.sid];
        read(self.at.wire.post(&path, &self.fields).await?).await
    }
}

/// Access to all calls.
#[derive(Clone, Debug)]
pub struct Calls {
    wire: Arc<Wire>,
}

impl Calls {
    pub(crate) fn new(wire: Arc<Wire>) -> Self {
        Self { wire }
    }

    /// Begins a list of live and ended calls, newest first.
    pub fn list(&self) -> CallList {
        CallList {
            wire: Arc::clone(&self.wire),
            fields: Vec::new(),
        }
    }
}

/// List of calls before it is requested.
#[derive(Clone, Debug)]
#[must_use = "a list is not asked for before it is sent"]
pub struct CallList {
    wire: Arc<Wire>,
    fields: Vec<Field>,
}

impl CallList {
    /// Filters by status.
    pub fn status(self, status: impl Into<String>) -> Self {
        self.with("Status", status.into())
    }

    /// Filters by called party.
    pub fn to(self, to: impl Into<String>) -> Self {
        self.with("To", to.into())
    }

    /// Filters by caller.
    pub fn from(self, from: impl Into<String>) -> Self {
        self.with("From", from.into())
    }

    /// Filters by the call that made the calls.
    pub fn parent_call_sid(self, sid: impl Into<String>) -> Self {
        self.with("ParentCallSid", sid.into())
    }

    /// Filters by the time of the answer: a day in UTC, `2026-11-17`, or a second.
    pub fn start_time(self, at: impl Into<String>) -> Self {
        self.with("StartTime", at.into())
    }

    /// Filters for calls that were answered at this time or earlier.
    pub fn start_time_until(self, at: impl Into<String>) -> Self {
        self.with("StartTime<", at.into())
    }

    /// Filters for calls that were answered at this time or later.
    pub fn start_time_since(self, at: impl Into<String>) -> Self {
        self.with("StartTime>", at.into())
    }

    /// Filters by the time of the end: a day in UTC, or a second.
    pub fn end_time(self, at: impl Into<String>) -> Self {
        self.with("EndTime", at.into())
    }

    /// Filters for calls that ended at this time or earlier.
    pub fn end_time_until(self, at: impl Into<String>) -> Self {
        self.with("EndTime<", at.into())
    }

    /// Filters for calls that ended at this time or later.
    pub fn end_time_since(self, at: impl Into<String>) -> Self {
        self.with("EndTime>", at.into())
    }

    /// Sets the number of calls on a page, 1 to 1000.
    pub fn page_size(self, size: u32) -> Self {
        self.with("PageSize", size.to_string())
    }

    fn with(mut self, name: &'static str, value: String) -> Self {
        self.fields.push((name, value));
        self
    }

    /// Requests the first page.
    pub async fn page(self) -> Result<Page<Call>, Error> {
        let page = self.wire.fetch(&["Calls"], &self.fields).await?;
        Page::new(Arc::clone(&self.wire), "calls", page)
    }

    /// Requests page after page, and returns all calls.
    pub async fn send(self) -> Result<Vec<Call>, Error> {
        list::all(self.page().await?).await
    }
}
