//! Spellings of a path: with `/api/laml` before it (once or twice), and with `.json` after it. Both
//! are removed before routing and restored in the links of a list.

use axum::http::Uri;
use axum::http::uri::PathAndQuery;

const PREFIX: &str = "/api/laml";
const SUFFIX: &str = ".json";

/// Spelling of the path in a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Spelling {
    /// `""` or `/api/laml`. A doubled prefix counts as single: a client that has the prefix in its
    /// base URL appends links of responses to that URL.
    pub(crate) prefix: &'static str,
    /// `""` or `.json`.
    pub(crate) suffix: &'static str,
}

/// Returns the path for routing, and its spelling.
pub(crate) fn plain(uri: &Uri) -> (Uri, Spelling) {
    let mut path = uri.path();
    let mut spelling = Spelling {
        prefix: "",
        suffix: "",
    };
    for _ in 0..2 {
        if let Some(rest) = path
            .strip_prefix(PREFIX)
            .filter(|rest| rest.starts_with('/'))
        {
            path = rest;
            spelling.prefix = PREFIX;
        }
    }
    let bare = path.strip_suffix(SUFFIX);
    if let Some(rest) = bare.filter(|rest| !rest.ends_with('/')) {
        path = rest;
        spelling.suffix = SUFFIX;
    }
    let plain = match uri.query() {
        Some(query) => format!("{path}?{query}"),
        None => path.to_owned(),
    };
    // A part of a valid path is valid, unless nothing remains.
    let plain = PathAndQuery::try_from(plain).map_or_else(|_| uri.clone(), Uri::from);
    (plain, spelling)
}
