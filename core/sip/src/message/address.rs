//! `"Name" <uri>;params` or `uri;params`, as in From, To, Contact, Route and Record-Route.

use serde::{Deserialize, Serialize};

use super::lex::{
    Params, closing_bracket, is_token, param, params, quoted_end, split_values, unquote,
};
use super::uri::Uri;

/// A name, a URI, and what follows them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Address {
    /// Unquoted; `None` if empty.
    pub name: Option<String>,
    /// The URI.
    pub uri: Uri,
    /// Header parameters.
    pub params: Params,
}

impl Address {
    /// Reads one address.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let Some(open) = opening_bracket(text)? else {
            return Self::without_brackets(text);
        };
        let (name, rest) = (display_name(&text[..open]), &text[open..]);
        let close = closing_bracket(rest)?;
        Some(Self {
            name: Some(name).filter(|name| !name.is_empty()),
            uri: Uri::parse(&rest[1..close])?,
            params: params(&rest[close + 1..])?,
        })
    }

    /// The addresses of a comma-separated list, each as it is written. A comma in a display name
    /// without quotes separates nothing: the piece before it is no address. `None`: one of them
    /// cannot be read.
    pub(crate) fn split(text: &str) -> Option<Vec<&str>> {
        let mut addresses = Vec::new();
        let mut begin = None;
        for part in split_values(text)? {
            let start = part.as_ptr() as usize - text.as_ptr() as usize;
            let from = *begin.get_or_insert(start);
            let whole = text[from..start + part.len()].trim();
            if whole.is_empty() {
                begin = None;
                continue;
            }
            // Only what has a URI can be whole; once it has one, it must be.
            let has_uri = part.contains('<');
            if has_uri || from == start {
                let sound = whole == "*" || Self::parse(whole).is_some();
                match (sound, has_uri) {
                    (true, _) => {
                        addresses.push(whole);
                        begin = None;
                    }
                    (false, true) => return None,
                    (false, false) => {}
                }
            }
        }
        begin.is_none().then_some(addresses)
    }

    /// Without brackets every `;` begins a parameter of the header, and `?` and `,` are not
    /// allowed (RFC 3261 §20).
    fn without_brackets(text: &str) -> Option<Self> {
        let (uri, after) = text.split_at(text.find(';').unwrap_or(text.len()));
        let uri = uri.trim();
        if uri.contains(['?', ',']) {
            return None;
        }
        Some(Self {
            name: None,
            uri: Uri::parse(uri)?,
            params: params(after)?,
        })
    }

    /// The tag, if there is one.
    #[must_use]
    pub fn tag(&self) -> Option<&str> {
        param(&self.params, "tag").flatten()
    }

    /// A tag, where there is one, is a token, and there is one at most.
    pub(crate) fn tag_is_sound(&self) -> bool {
        let is_tag = |(name, _): &&(String, _)| name.eq_ignore_ascii_case("tag");
        self.params.iter().filter(is_tag).count() < 2 && self.first_tag_is_sound()
    }

    /// The first tag, where there is one, is a token. Some stacks add a second one to the To of
    /// a response: the first is the dialog's.
    pub(crate) fn first_tag_is_sound(&self) -> bool {
        param(&self.params, "tag").is_none_or(|value| value.is_some_and(is_token))
    }
}

/// Returns the start of the brackets round the URI; `Some(None)`: there are none.
/// `None`: a quote before the brackets is never closed.
fn opening_bracket(text: &str) -> Option<Option<usize>> {
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'<' => return Some(Some(at)),
            b'"' => at += quoted_end(&text[at..])?,
            _ => at += 1,
        }
    }
    Some(None)
}

/// A display name: one quoted string is read as such. Anything else is taken as it stands,
/// without quotes round it (`""unknown""`) and without control characters.
fn display_name(text: &str) -> String {
    let text = text.trim();
    if quoted_end(text) == Some(text.len()) {
        return unquote(text);
    }
    let mut plain = text;
    while let Some(inner) = plain
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'))
    {
        plain = inner.trim();
    }
    plain.chars().filter(|char| !char.is_control()).collect()
}
