//! `Notice`: entry of `/Notifications` for the account's owner, with the HTTP exchange, in a form
//! that is safe to store and to show.

use confab_terms::limits::{
    NOTICE_BODY_BYTES_MAX, NOTICE_FIELDS_BYTES_MAX, NOTICE_HEADERS_BYTES_MAX,
    NOTICE_TEXT_BYTES_MAX, NOTICE_URL_BYTES_MAX,
};
use confab_terms::{CallSid, ConferenceSid, Method, WallTime};
use serde::{Deserialize, Serialize};

/// Entry of `/Notifications`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// Error code of the vendor.
    pub code: u32,
    /// Severity of the entry.
    #[serde(default)]
    pub severity: Severity,
    /// Problem, location and expectation.
    pub message: String,
    /// Time of the problem.
    pub at: WallTime,
    /// Call concerned.
    pub call: Option<CallSid>,
    /// Conference concerned.
    pub conference: Option<ConferenceSid>,
    /// URL of the request, if any.
    pub url: Option<String>,
    /// HTTP method of the request.
    pub method: Option<Method>,
    /// Request and response.
    #[serde(default)]
    pub exchange: Option<Box<Exchange>>,
}

/// `log` of a notification.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Severity {
    /// An action was not executed.
    #[default]
    Error,
    /// An action was executed, possibly not as the document's author intended.
    Warning,
}

/// HTTP request and response, for troubleshooting. Incomplete if the exchange failed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exchange {
    /// Fields of the request: the query of a GET, the form of a POST.
    pub fields: Vec<(String, String)>,
    /// HTTP status of the response, if one arrived.
    pub status: Option<u16>,
    /// Headers of the response.
    pub headers: Vec<(String, String)>,
    /// Beginning of the response's body.
    pub body: String,
}

impl Exchange {
    /// Returns the beginning of a body as text. Invalid UTF-8 is replaced.
    #[must_use]
    pub fn body_text(bytes: &[u8]) -> String {
        let most = bytes.len().min(NOTICE_BODY_BYTES_MAX);
        String::from_utf8_lossy(&bytes[..most]).into_owned()
    }
}

impl Notice {
    /// Returns the notice in the form to store: within the bounds of `limits`, without control
    /// characters, and without passwords in URLs.
    #[must_use]
    pub fn tidied(mut self) -> Self {
        self.message = line(&self.message, NOTICE_TEXT_BYTES_MAX);
        self.url = self.url.map(|url| line(&url, NOTICE_URL_BYTES_MAX));
        if let Some(exchange) = &mut self.exchange {
            exchange.fields = lines(&exchange.fields, NOTICE_FIELDS_BYTES_MAX);
            exchange.headers = lines(&exchange.headers, NOTICE_HEADERS_BYTES_MAX);
            exchange.body = text(&exchange.body, NOTICE_BODY_BYTES_MAX);
        }
        self
    }
}

/// Returns as many pairs as fit into `room` bytes. The last pair may be truncated.
fn lines(pairs: &[(String, String)], mut room: usize) -> Vec<(String, String)> {
    let mut kept = Vec::new();
    for (name, value) in pairs {
        let name = line(name, room);
        room -= name.len();
        let value = line(value, room);
        room -= value.len();
        if room == 0 {
            break;
        }
        kept.push((name, value));
    }
    kept
}

fn line(written: &str, bytes_max: usize) -> String {
    clean(written, bytes_max, |_| false)
}

fn text(written: &str, bytes_max: usize) -> String {
    clean(written, bytes_max, |c| matches!(c, '\n' | '\r' | '\t'))
}

fn clean(written: &str, bytes_max: usize, keeps: impl Fn(char) -> bool) -> String {
    let mut kept = String::new();
    for c in without_passwords(head(written, bytes_max)).chars() {
        let shown = if c.is_control() && !keeps(c) {
            '\u{fffd}'
        } else {
            c
        };
        if kept.len() + shown.len_utf8() > bytes_max {
            break;
        }
        kept.push(shown);
    }
    kept
}

/// Returns the longest prefix of at most `bytes_max` bytes that ends at a character boundary.
fn head(text: &str, bytes_max: usize) -> &str {
    let end = (0..=bytes_max.min(text.len())).rev();
    let end = end.into_iter().find(|end| text.is_char_boundary(*end));
    &text[..end.unwrap_or(0)]
}

/// Replaces each `scheme://user:password@host` by `scheme://user:***@host`.
fn without_passwords(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("://") {
        let (before, after) = rest.split_at(at + 3);
        shown.push_str(before);
        let ends = |c: char| c.is_whitespace() || matches!(c, '/' | '?' | '#' | '\\' | '"' | '<');
        let end = after.find(ends).unwrap_or(after.len());
        let (authority, left) = after.split_at(end);
        match authority
            .rsplit_once('@')
            .map(|(who, host)| (who.split_once(':'), host))
        {
            Some((Some((user, _)), host)) => shown.push_str(&format!("{user}:***@{host}")),
            _ => shown.push_str(authority),
        }
        rest = left;
    }
    shown.push_str(rest);
    shown
}

#[cfg(test)]
mod tests;
