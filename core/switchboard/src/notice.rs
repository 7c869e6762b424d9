//! `Notice`: what went wrong that the owner of the account should know, with what was said and
//! answered, in a shape that is safe to keep and to show.

use confab_terms::limits::{
    NOTICE_BODY_BYTES_MAX, NOTICE_FIELDS_BYTES_MAX, NOTICE_HEADERS_BYTES_MAX,
    NOTICE_TEXT_BYTES_MAX, NOTICE_URL_BYTES_MAX,
};
use confab_terms::{CallSid, ConferenceSid, Method, WallTime};
use serde::{Deserialize, Serialize};

/// An entry of Notifications.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// The vendor's error code.
    pub code: u32,
    /// How bad it is.
    #[serde(default)]
    pub severity: Severity,
    /// What was wrong, where, what would do.
    pub message: String,
    /// When.
    pub at: WallTime,
    /// Whose.
    pub call: Option<CallSid>,
    /// Where.
    pub conference: Option<ConferenceSid>,
    /// The URL that was asked, if any.
    pub url: Option<String>,
    /// How it was asked.
    pub method: Option<Method>,
    /// What was said and answered.
    #[serde(default)]
    pub exchange: Option<Box<Exchange>>,
}

/// `log` of a notification.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Severity {
    /// Something was not done.
    #[default]
    Error,
    /// It was done, but perhaps not as its author meant it.
    Warning,
}

/// A request and its answer, as far as they came: for whoever has to find out why.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exchange {
    /// What was sent: the query of a GET, the form of a POST.
    pub fields: Vec<(String, String)>,
    /// The status of the answer, if there was one.
    pub status: Option<u16>,
    /// Its headers.
    pub headers: Vec<(String, String)>,
    /// The beginning of its body.
    pub body: String,
}

impl Exchange {
    /// The beginning of a body as text; what is not UTF-8 is replaced.
    #[must_use]
    pub fn body_text(bytes: &[u8]) -> String {
        let most = bytes.len().min(NOTICE_BODY_BYTES_MAX);
        String::from_utf8_lossy(&bytes[..most]).into_owned()
    }
}

impl Notice {
    /// As it is kept: within the bounds of `limits`, without control characters that a terminal
    /// would obey, and without the password of a URL.
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

/// As many pairs as fit, the last of them perhaps not whole.
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

/// The first bytes, whole characters of them.
fn head(text: &str, bytes_max: usize) -> &str {
    let end = (0..=bytes_max.min(text.len())).rev();
    let end = end.into_iter().find(|end| text.is_char_boundary(*end));
    &text[..end.unwrap_or(0)]
}

/// `scheme://user:password@host` becomes `scheme://user:***@host`, wherever it stands.
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
