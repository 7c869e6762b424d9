//! The account resource.

use serde::Deserialize;
use serde_json::{Map, Value};

/// Account, as the API shows it.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct Account {
    /// Account sid.
    pub sid: String,
    /// Name of the account.
    pub friendly_name: String,
    /// Status: `active`; Twilio has further values.
    pub status: String,
    /// Path of the resource.
    pub uri: String,
    /// Further fields of the response.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}
