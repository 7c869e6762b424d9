//! A call.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::Error;
use crate::wire::Wire;

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
}
