//! Calls: one, or all.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::list::{self, Page};
use crate::wire::{Field, Wire, read};
use crate::{Error, Method};

/// A call, as the API shows it.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct Call {
    /// Its id.
    pub sid: String,
    /// Whose.
    pub account_sid: String,
    /// Who calls.
    pub from: String,
    /// Who is called.
    pub to: String,
    /// `queued ringing in-progress completed busy failed no-answer canceled`.
    pub status: String,
    /// `inbound` or `outbound`; Twilio has `outbound-api` and `outbound-dial`.
    pub direction: String,
    /// When it was answered, as RFC 2822 has it.
    pub start_time: Option<String>,
    /// When it ended.
    pub end_time: Option<String>,
    /// When it came to be.
    pub date_created: String,
    /// Its path.
    pub uri: String,
    /// What a server sends beyond that.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// One call.
#[derive(Clone, Debug)]
pub struct CallAt {
    wire: Arc<Wire>,
    sid: String,
}

impl CallAt {
    pub(crate) fn new(wire: Arc<Wire>, sid: String) -> Self {
        Self { wire, sid }
    }

    /// As it is now.
    pub async fn fetch(&self) -> Result<Call, Error> {
        self.wire.fetch(&["Calls", &self.sid], &[]).await
    }

    /// Ends it or sends it to another document, once that is named and sent.
    pub fn update(&self) -> CallUpdate {
        CallUpdate {
            at: self.clone(),
            fields: Vec::new(),
        }
    }
}

/// An update in the making.
#[derive(Clone, Debug)]
#[must_use = "an update does nothing before it is sent"]
pub struct CallUpdate {
    at: CallAt,
    fields: Vec<Field>,
}

impl CallUpdate {
    /// Hangs up, however far the call has come.
    pub fn completed(self) -> Self {
        self.with("Status", "completed".to_owned())
    }

    /// Hangs up only if it was not answered yet.
    pub fn canceled(self) -> Self {
        self.with("Status", "canceled".to_owned())
    }

    /// What it runs from now on; it leaves its conference.
    pub fn url(self, url: impl Into<String>) -> Self {
        self.with("Url", url.into())
    }

    /// How that URL is asked; POST if nothing is said.
    pub fn method(self, method: Method) -> Self {
        self.with("Method", method.to_string())
    }

    /// A document to run from now on, instead of a URL of one.
    pub fn twiml(self, document: impl Into<String>) -> Self {
        self.with("Twiml", document.into())
    }

    fn with(mut self, name: &'static str, value: String) -> Self {
        self.fields.push((name, value));
        self
    }

    /// Sends it.
    pub async fn send(self) -> Result<Call, Error> {
        let path = ["Calls", &self.at.sid];
        read(self.at.wire.post(&path, &self.fields).await?).await
    }
}

/// All calls.
#[derive(Clone, Debug)]
pub struct Calls {
    wire: Arc<Wire>,
}

impl Calls {
    pub(crate) fn new(wire: Arc<Wire>) -> Self {
        Self { wire }
    }

    /// Live and ended ones, newest first, once filters are named and it is sent.
    pub fn list(&self) -> CallList {
        CallList {
            wire: Arc::clone(&self.wire),
            fields: Vec::new(),
        }
    }
}

/// A list in the making.
#[derive(Clone, Debug)]
#[must_use = "a list is not asked for before it is sent"]
pub struct CallList {
    wire: Arc<Wire>,
    fields: Vec<Field>,
}

impl CallList {
    /// Only those with this status.
    pub fn status(self, status: impl Into<String>) -> Self {
        self.with("Status", status.into())
    }

    /// Only those to there.
    pub fn to(self, to: impl Into<String>) -> Self {
        self.with("To", to.into())
    }

    /// Only those from there.
    pub fn from(self, from: impl Into<String>) -> Self {
        self.with("From", from.into())
    }

    /// Only those that this call made.
    pub fn parent_call_sid(self, sid: impl Into<String>) -> Self {
        self.with("ParentCallSid", sid.into())
    }

    /// Only those answered on this day in UTC, `2026-11-17`, or in this second.
    pub fn start_time(self, at: impl Into<String>) -> Self {
        self.with("StartTime", at.into())
    }

    /// Only those answered then or earlier.
    pub fn start_time_until(self, at: impl Into<String>) -> Self {
        self.with("StartTime<", at.into())
    }

    /// Only those answered then or later.
    pub fn start_time_since(self, at: impl Into<String>) -> Self {
        self.with("StartTime>", at.into())
    }

    /// Only those that ended on this day in UTC, or in this second.
    pub fn end_time(self, at: impl Into<String>) -> Self {
        self.with("EndTime", at.into())
    }

    /// Only those that ended then or earlier.
    pub fn end_time_until(self, at: impl Into<String>) -> Self {
        self.with("EndTime<", at.into())
    }

    /// Only those that ended then or later.
    pub fn end_time_since(self, at: impl Into<String>) -> Self {
        self.with("EndTime>", at.into())
    }

    /// So many on a page, 1 to 1000.
    pub fn page_size(self, size: u32) -> Self {
        self.with("PageSize", size.to_string())
    }

    fn with(mut self, name: &'static str, value: String) -> Self {
        self.fields.push((name, value));
        self
    }

    /// The first page.
    pub async fn page(self) -> Result<Page<Call>, Error> {
        let page = self.wire.fetch(&["Calls"], &self.fields).await?;
        Page::new(Arc::clone(&self.wire), "calls", page)
    }

    /// All of them, page after page.
    pub async fn send(self) -> Result<Vec<Call>, Error> {
        list::all(self.page().await?).await
    }
}
