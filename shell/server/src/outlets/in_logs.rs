//! Log entries about calls and conferences, and URLs as logs may show them. A query or a password
//! in a URL is a secret of the application; the complete URL is in the notice, for the account's
//! owner.

use confab_rest::Dialect;
use confab_switchboard::{CallStatus, News};
use confab_terms::{CallSid, ConferenceSid};
use tracing::{debug, info, warn};

use crate::logging::FAILURES;

/// Writes a log entry, with ids in the dialect's spelling. Each kind has a place in the code, as
/// the log limits each place separately.
pub(crate) fn log(dialect: Dialect, news: &News) {
    let (call, conference) = of(news);
    let call = call.map(|sid| dialect.spell(sid)).unwrap_or_default();
    let conference = conference.map(|sid| dialect.spell(sid)).unwrap_or_default();
    match news {
        // Debug level: anybody can start calls without limit. The outcome of a call has a higher
        // level.
        News::CallBegan {
            from, to, source, ..
        } => debug!(%call, from, to, %source, "a call began"),
        News::CallAnswered {
            from, to, source, ..
        } => info!(%call, from, to, %source, "a call was answered"),
        News::CallEnded {
            how,
            status: status @ CallStatus::Completed,
            sip,
            seconds,
            ..
        } => info!(%call, ?how, ?status, sip, seconds, "a call ended"),
        News::CallEnded {
            from,
            how,
            status,
            sip,
            ..
        } => info!(target: FAILURES, %call, from, ?how, ?status, sip, "a call came to nothing"),
        News::ConferenceStarted { name, .. } => {
            info!(%conference, name, "a conference started");
        }
        News::ConferenceEnded {
            why, by, seconds, ..
        } => {
            let by = by.map(|call| dialect.spell(call));
            info!(%conference, ?why, by, seconds, "a conference ended");
        }
        News::LoginFailed { source } => warn!(%source, "SIP login failed"),
        News::Joined { .. } => info!(%call, %conference, "a call joined"),
        News::Left { why, .. } => info!(%call, %conference, ?why, "a call left"),
    }
}

/// Returns the call and conference of an entry.
fn of(news: &News) -> (Option<CallSid>, Option<ConferenceSid>) {
    match *news {
        News::LoginFailed { .. } => (None, None),
        News::CallBegan { call, .. }
        | News::CallAnswered { call, .. }
        | News::CallEnded { call, .. } => (Some(call), None),
        News::ConferenceStarted { conference, .. } | News::ConferenceEnded { conference, .. } => {
            (None, Some(conference))
        }
        News::Joined { call, conference }
        | News::Left {
            call, conference, ..
        } => (Some(call), Some(conference)),
    }
}

/// Returns scheme, host and path of a URL.
pub(crate) fn in_logs(url: &str) -> String {
    let end = url.find(['?', '#']).unwrap_or(url.len());
    let Some((scheme, rest)) = url[..end].split_once("://") else {
        return url[..end].to_owned();
    };
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let host = authority.rsplit('@').next().unwrap_or_default();
    format!("{scheme}://{host}{path}")
}

/// Returns a message that may quote URLs, with each URL shortened by `in_logs`.
pub(crate) fn text_in_logs(text: &str) -> String {
    let ends = |one: char| one.is_whitespace() || matches!(one, '"' | '\'' | '<' | '>' | '`');
    let mut shown = String::with_capacity(text.len());
    for word in text.split_inclusive(ends) {
        let (bare, end) = match word.char_indices().last() {
            Some((at, last)) if ends(last) => word.split_at(at),
            _ => (word, ""),
        };
        // A question mark at the end of a word is punctuation; with text after it, the word has a
        // query.
        let has_query = bare.find('?').is_some_and(|at| at + 1 < bare.len());
        if has_query || bare.contains("://") {
            shown.push_str(&in_logs(bare));
        } else {
            shown.push_str(bare);
        }
        shown.push_str(end);
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::{in_logs, text_in_logs};

    #[test]
    fn a_message_quotes_urls_without_their_secrets() {
        let cases = [
            (
                "https://u:secret@a.example/x.xml?key=secret is a document: <Play> needs audio",
                "https://a.example/x.xml is a document: <Play> needs audio",
            ),
            (
                "<Redirect> to \"/y?key=secret#x\", which is no URL",
                "<Redirect> to \"/y\", which is no URL",
            ),
            (
                "<Dial record=\"http://a.example?secret\">: not supported, ignored",
                "<Dial record=\"http://a.example\">: not supported, ignored",
            ),
            (
                "is the address reachable? Look.",
                "is the address reachable? Look.",
            ),
            ("é ☎ #1", "é ☎ #1"),
        ];
        for (message, logged) in cases {
            assert_eq!(text_in_logs(message), logged);
        }
    }

    #[test]
    fn no_password_and_no_query_is_logged() {
        let cases = [
            (
                "https://u:secret@a.example:8443/x?key=secret#rt=1",
                "https://a.example:8443/x",
            ),
            ("http://a.example?key=secret", "http://a.example"),
            ("http://u:se@cret@a.example/y@z", "http://a.example/y@z"),
            ("http://a.example/x", "http://a.example/x"),
            ("nonsense?secret", "nonsense"),
        ];
        for (url, logged) in cases {
            assert_eq!(in_logs(url), logged);
        }
    }
}
