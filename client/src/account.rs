//! The account.

use serde::Deserialize;
use serde_json::{Map, Value};

/// The account, as the API shows it.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct Account {
    /// Its id.
    pub sid: String,
    /// Its name.
    pub friendly_name: String,
    /// `active`; Twilio has other words.
    pub status: String,
    /// Its path.
    pub uri: String,
    /// What a server sends beyond that.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}
