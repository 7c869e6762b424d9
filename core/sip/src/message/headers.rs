//! The headers of one message, in their order, compact names spelt out.

use confab_terms::limits;
use serde::{Deserialize, Serialize};

use super::Address;

/// One header. Its value is unfolded; it may hold bytes that are not UTF-8.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// As written, but a compact form is spelt out.
    pub name: String,
    /// Without blanks round it.
    pub value: Vec<u8>,
}

/// All the headers of a message.
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

/// The long form of a name, as written if it is long already.
pub(crate) fn spelt_out(name: &str) -> &str {
    COMPACT
        .iter()
        .find(|(short, _)| short.eq_ignore_ascii_case(name))
        .map_or(name, |(_, long)| long)
}

/// The compact form of a name, as written if it has none.
pub(crate) fn compact(name: &str) -> &str {
    COMPACT
        .iter()
        .find(|(_, long)| long.eq_ignore_ascii_case(name))
        .map_or(name, |(short, _)| short)
}

impl Headers {
    /// The values of every header of this name.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a [u8]> {
        self.0
            .iter()
            .filter(move |header| header.name.eq_ignore_ascii_case(name))
            .map(|header| header.value.as_slice())
    }

    /// Leaves one header of this name, with this value, or none.
    pub(crate) fn set(&mut self, name: &str, value: Option<&str>) {
        self.0
            .retain(|header| !header.name.eq_ignore_ascii_case(name));
        self.0.extend(value.map(|value| Header {
            name: name.to_owned(),
            value: value.as_bytes().to_vec(),
        }));
    }

    /// The first value of this name; what is not UTF-8 in it becomes U+FFFD.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<String> {
        self.all(name).next().map(lossy)
    }

    /// Every value of a header that holds a list, empty ones too. `None`: a quote or a bracket
    /// in it is never closed.
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
    /// The addresses of every header of this name, each as it is written. `None`: one of them
    /// cannot be read.
    #[must_use]
    pub fn addresses(&self, name: &str) -> Option<Vec<String>> {
        let mut all = Vec::new();
        for line in self.all(name) {
            let line = lossy(line);
            all.extend(Address::split(&line)?.into_iter().map(str::to_owned));
        }
        Some(all)
    }

    /// Returns whether Record-Route has more entries or bytes than a route set of ours may have.
    pub(crate) fn has_too_many_routes(&self) -> bool {
        let routes = self.addresses("Record-Route").unwrap_or_default();
        let bytes: usize = routes.iter().map(String::len).sum();
        routes.len() > limits::SIP_ROUTES_MAX || bytes > limits::SIP_ROUTES_BYTES_MAX
    }
}

pub(crate) fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
