//! The spellings of a path: with `/api/laml` before it, twice even, and with `.json` after it.
//! They are taken off before routing and put back into the links of a list.

use axum::http::Uri;
use axum::http::uri::PathAndQuery;

const PREFIX: &str = "/api/laml";
const SUFFIX: &str = ".json";

/// How a request spelled its path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Spelling {
    /// `""` or `/api/laml`. A doubled prefix counts as one: a client that has the prefix in its
    /// base URL puts our links behind that.
    pub(crate) prefix: &'static str,
    /// `""` or `.json`.
    pub(crate) suffix: &'static str,
}

/// The path as it is routed, and how it was spelled.
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
    // A part of a valid path is one, unless nothing is left of it.
    let plain = PathAndQuery::try_from(plain).map_or_else(|_| uri.clone(), Uri::from);
    (plain, spelling)
}
