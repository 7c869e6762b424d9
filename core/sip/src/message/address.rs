//! `"Name" <uri>;params` or `uri;params`, as in From, To, Contact, Route and Record-Route.

use serde::{Deserialize, Serialize};

use super::lex::{Params, is_token, param, params, quoted_end, unquote};
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
        let (name, rest) = match quoted_end(text) {
            Some(end) => (unquote(&text[..end]), text[end..].trim_start()),
            None => match text.find('<') {
                Some(open) => (plain_name(&text[..open])?, &text[open..]),
                None => return Self::without_brackets(text),
            },
        };
        let (uri, after) = rest.strip_prefix('<')?.split_once('>')?;
        Some(Self {
            name: Some(name).filter(|name| !name.is_empty()),
            uri: Uri::parse(uri)?,
            params: params(after)?,
        })
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
        let mut tags = self
            .params
            .iter()
            .filter(|(name, _)| name.eq_ignore_ascii_case("tag"));
        let first = tags.next();
        tags.next().is_none()
            && first.is_none_or(|(_, value)| value.as_deref().is_some_and(is_token))
    }
}

/// A name without quotes is tokens and blanks; letters beyond ASCII are let through.
fn plain_name(text: &str) -> Option<String> {
    let text = text.trim();
    let sound = |word: &str| {
        word.split(|char: char| !char.is_ascii())
            .all(|part| part.is_empty() || is_token(part))
    };
    text.split_ascii_whitespace()
        .all(sound)
        .then(|| text.to_owned())
}
