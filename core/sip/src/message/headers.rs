//! Headers of one message in their order, with compact names expanded.

use confab_terms::limits;
use serde::{Deserialize, Serialize};

use super::Address;

/// Header with an unfolded value, which may contain bytes that are not UTF-8.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// Name as received; a compact name is expanded.
    pub name: String,
    /// Value without surrounding blanks.
    pub value: Vec<u8>,
}

/// All headers of a message.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Headers(pub Vec<Header>);

/// Compact forms (RFC 3261 §7.3.3 and the IANA registry).
const COMPACT: [(&str, &str); 20] = [
    ("a", "Accept-Contact"),
    ("b", "Referred-By"),
    ("c", "Content-Type"),
    ("d", "Request-Disposition"),
    ("e", "Content-Encoding"),
    ("f", "From"),
    ("i", "Call-ID"),
    ("j", "Reject-Contact"),
    ("k", "Supported"),
    ("l", "Content-Length"),
    ("m", "Contact"),
    ("n", "Identity-Info"),
    ("o", "Event"),
    ("r", "Refer-To"),
    ("s", "Subject"),
    ("t", "To"),
    ("u", "Allow-Events"),
    ("v", "Via"),
    ("x", "Session-Expires"),
    ("y", "Identity"),
];

/// Returns the long form of a header name.
pub(crate) fn spelt_out(name: &str) -> &str {
    COMPACT
        .iter()
        .find(|(short, _)| short.eq_ignore_ascii_case(name))
        .map_or(name, |(_, long)| long)
}

/// Returns the compact form of a header name, or the name if it has none.
pub(crate) fn compact(name: &str) -> &str {
    COMPACT
        .iter()
        .find(|(_, long)| long.eq_ignore_ascii_case(name))
        .map_or(name, |(short, _)| short)
}

impl Headers {
    /// Returns the values of all headers with this name.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a [u8]> {
        self.0
            .iter()
            .filter(move |header| header.name.eq_ignore_ascii_case(name))
            .map(|header| header.value.as_slice())
    }

    /// Replaces all headers of this name by one with this value; `None`: removes them.
    pub(crate) fn set(&mut self, name: &str, value: Option<&str>) {
        self.0
            .retain(|header| !header.name.eq_ignore_ascii_case(name));
        self.0.extend(value.map(|value| Header {
            name: name.to_owned(),
            value: value.as_bytes().to_vec(),
        }));
    }

    /// Returns the first value of this name; bytes that are not UTF-8 become U+FFFD.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<String> {
        self.all(name).next().map(lossy)
    }

    /// Returns all values of a list header, empty values included. Returns `None` if a quote or
    /// bracket is not closed.
    #[must_use]
    pub fn list(&self, name: &str) -> Option<Vec<String>> {
        let mut values = Vec::new();
        for line in self.all(name) {
            let line = lossy(line);
            let parts = super::split_values(&line)?;
            values.extend(parts.into_iter().map(str::to_owned));
        }
        Some(values)
    }
}

impl Headers {
    /// Returns the texts of the addresses in all headers of this name. Returns `None` if an address
    /// is malformed.
    #[must_use]
    pub fn addresses(&self, name: &str) -> Option<Vec<String>> {
        let mut all = Vec::new();
        for line in self.all(name) {
            let line = lossy(line);
            all.extend(Address::split(&line)?.into_iter().map(str::to_owned));
        }
        Some(all)
    }

    /// Returns true if Record-Route exceeds the limits on entries or bytes of a route set.
    pub(crate) fn has_too_many_routes(&self) -> bool {
        let routes = self.addresses("Record-Route").unwrap_or_default();
        let bytes: usize = routes.iter().map(String::len).sum();
        routes.len() > limits::SIP_ROUTES_MAX || bytes > limits::SIP_ROUTES_BYTES_MAX
    }
}

pub(crate) fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
