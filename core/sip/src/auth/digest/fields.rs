//! Lenient parser of digest credentials and challenges: `Digest name="value", name=value`.

use crate::message::{split_values, unquote};

/// Fields of credentials or of a challenge; names in lower case.
pub(crate) struct DigestFields(Vec<(String, String)>);

impl DigestFields {
    /// Parses a header value. Returns `None` for another scheme or malformed text.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (scheme, rest) = text.trim().split_once([' ', '\t'])?;
        if !scheme.eq_ignore_ascii_case("Digest") {
            return None;
        }
        let mut fields = Vec::new();
        for part in split_values(rest)? {
            let (name, value) = part.split_once('=')?;
            let value = value.trim();
            let value = if value.starts_with('"') {
                unquote(value)
            } else {
                value.to_owned()
            };
            fields.push((name.trim().to_ascii_lowercase(), value));
        }
        Some(Self(fields))
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }
}
