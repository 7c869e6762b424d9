//! API key resource: the same shape in both dialects.

use confab_store::ApiKey;
use confab_terms::Sid as _;
use serde_json::{Value, json};

use super::date;

/// Returns the resource without the secret, which only the response to its creation has.
pub(crate) fn api_key(key: &ApiKey) -> Value {
    json!({
        "sid": key.sid.prefixed(),
        "friendly_name": key.friendly_name,
        "date_created": date(key.date_created),
        "date_updated": date(key.date_updated),
    })
}
