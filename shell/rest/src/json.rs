//! JSON body as the fields of a form: `true` is `true`, `null` is empty, a list is the sequence of
//! its items. A body that is not an object is rejected.

use core::fmt;

use serde::Deserializer;
use serde::de::{MapAccess, Visitor};
use serde_json::Value;

use crate::errors::ApiError;

/// Returns the pairs of an object in their order, with repeated names.
pub(crate) fn pairs(bytes: &[u8]) -> Result<Vec<(String, String)>, ApiError> {
    let malformed = |error: serde_json::Error| ApiError::Malformed(error.to_string());
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let values = deserializer.deserialize_map(Pairs).map_err(malformed)?;
    deserializer.end().map_err(malformed)?;
    let mut pairs = Vec::with_capacity(values.len());
    for (name, value) in values {
        match value {
            Value::Array(items) => {
                pairs.extend(items.into_iter().map(|item| (name.clone(), text(item))));
            }
            value => pairs.push((name, text(value))),
        }
    }
    Ok(pairs)
}

fn text(value: Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text,
        // An object or a list of lists is not a value of any field: the parser of the field rejects
        // it.
        value => value.to_string(),
    }
}

struct Pairs;

impl<'de> Visitor<'de> for Pairs {
    type Value = Vec<(String, Value)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of fields")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut pairs = Vec::new();
        while let Some(pair) = map.next_entry()? {
            pairs.push(pair);
        }
        Ok(pairs)
    }
}
