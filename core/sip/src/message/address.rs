//! Address in From, To, Contact, Route and Record-Route: `"Name" <uri>;params` or `uri;params`.

use serde::{Deserialize, Serialize};

use super::lex::{
    Params, closing_bracket, is_token, param, params, quoted_end, split_values, unquote,
};
use super::uri::Uri;

/// Display name, URI and parameters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Address {
    /// Display name without quotes; `None` if empty.
    pub name: Option<String>,
    /// URI.
    pub uri: Uri,
    /// Header parameters.
    pub params: Params,
}

impl Address {
    /// Parses one address.
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

    /// Splits a comma-separated list into the texts of its addresses. A comma in an unquoted
    /// display name is no separator: the text before it is not an address. Returns `None` if an
    /// address is malformed.
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
            // Only a text with a URI can be complete; with a URI, the text must be valid.
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

    /// Parses an address without angle brackets: each `;` begins a header parameter, and `?` and
    /// `,` are not allowed (RFC 3261 §20).
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

    /// Returns the tag.
    #[must_use]
    pub fn tag(&self) -> Option<&str> {
        param(&self.params, "tag").flatten()
    }

    /// Returns true if there is at most one tag, and the tag is a token.
    pub(crate) fn tag_is_sound(&self) -> bool {
        let is_tag = |(name, _): &&(String, _)| name.eq_ignore_ascii_case("tag");
        self.params.iter().filter(is_tag).count() < 2 && self.first_tag_is_sound()
    }

    /// Returns true if the first tag, if any, is a token. Some stacks append a second tag to the To
    /// of a response; the first tag identifies the dialog.
    pub(crate) fn first_tag_is_sound(&self) -> bool {
        param(&self.params, "tag").is_none_or(|value| value.is_some_and(is_token))
    }
}

/// Returns the position of `<` before the URI; `Some(None)`: there is no bracket. Returns `None` if
/// a quote before the bracket is not closed.
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

/// Parses a display name. A single quoted string is unquoted. Other text is taken literally,
/// without surrounding quotes (`""unknown""`) and without control characters.
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
