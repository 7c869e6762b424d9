//! Types of a field: boolean, method, URL, beep, date. An empty value counts as absent unless a
//! type says otherwise; an error names the field.

use confab_store::TimeRange;
use confab_switchboard::conference::BeepWish;
use confab_terms::{Method, WallTime};
use url::Url;

use crate::Dialect;
use crate::errors::ApiError;
use crate::form::Fields;
use crate::times::{Moment, moment};

impl Fields {
    /// Returns a field unless it is empty.
    pub(crate) fn filled(&self, name: &str) -> Option<&str> {
        self.text(name).filter(|text| !text.is_empty())
    }

    /// Parses a boolean. Other values than `true` and `false` are an error, or false for Twilio.
    pub(crate) fn boolean(
        &self,
        dialect: Dialect,
        name: &'static str,
    ) -> Result<Option<bool>, ApiError> {
        let Some(text) = self.filled(name) else {
            return Ok(None);
        };
        match (boolean(text), dialect) {
            (Some(value), _) => Ok(Some(value)),
            (None, Dialect::Twilio) => Ok(Some(false)),
            (None, Dialect::SignalWire) => Err(invalid(text, name, "true or false")),
        }
    }

    pub(crate) fn method(&self, name: &'static str) -> Result<Option<Method>, ApiError> {
        match self.filled(name) {
            None => Ok(None),
            Some(text) if text.eq_ignore_ascii_case("GET") => Ok(Some(Method::Get)),
            Some(text) if text.eq_ignore_ascii_case("POST") => Ok(Some(Method::Post)),
            Some(text) => Err(ApiError::InvalidMethod(shown(text), name)),
        }
    }

    /// Parses an absolute URL.
    pub(crate) fn url(&self, name: &'static str) -> Result<Option<String>, ApiError> {
        match self.filled(name) {
            None => Ok(None),
            Some(text) if is_absolute(text) => Ok(Some(text.to_owned())),
            Some(text) => Err(ApiError::InvalidUrl(shown(text), name)),
        }
    }

    /// Parses an absolute URL; an empty value means silence.
    pub(crate) fn url_or_silence(&self, name: &'static str) -> Result<Option<String>, ApiError> {
        match self.text(name) {
            Some("") => Ok(Some(String::new())),
            _ => self.url(name),
        }
    }

    pub(crate) fn beep(&self, name: &'static str) -> Result<Option<BeepWish>, ApiError> {
        let Some(text) = self.filled(name) else {
            return Ok(None);
        };
        let wish = match boolean(text) {
            Some(true) => BeepWish::Both,
            Some(false) => BeepWish::Never,
            None if text.eq_ignore_ascii_case("onEnter") => BeepWish::OnEnter,
            None if text.eq_ignore_ascii_case("onExit") => BeepWish::OnExit,
            None => return Err(invalid(text, name, "true, false, onEnter or onExit")),
        };
        Ok(Some(wish))
    }

    /// Parses `Name`, `Name<` and `Name>`: days in UTC or moments, inclusive.
    pub(crate) fn moments(&self, names: [&'static str; 3]) -> Result<TimeRange, ApiError> {
        let [on, up_to, since] = names;
        let (on, up_to, since) = (self.moment(on)?, self.moment(up_to)?, self.moment(since)?);
        let firsts = on.iter().chain(&since).map(|moment| moment.first);
        let afters = on.iter().chain(&up_to).map(|moment| moment.after);
        Ok(TimeRange {
            from: firsts.max().map(WallTime),
            before: afters.min().map(WallTime),
        })
    }

    fn moment(&self, name: &'static str) -> Result<Option<Moment>, ApiError> {
        const WANTED: &str = "a day as YYYY-MM-DD, or a time as ISO 8601 or RFC 2822 has it";
        let Some(text) = self.filled(name) else {
            return Ok(None);
        };
        match moment(text) {
            Some(moment) => Ok(Some(moment)),
            None => Err(invalid(text, name, WANTED)),
        }
    }

    /// Returns those of the named fields that were sent, for the links of a list.
    pub(crate) fn kept(&self, names: &[&'static str]) -> Vec<(&'static str, &str)> {
        let sent = |name: &&'static str| Some((*name, self.filled(name)?));
        names.iter().filter_map(sent).collect()
    }
}

pub(crate) fn invalid(text: &str, name: &'static str, would_do: &'static str) -> ApiError {
    ApiError::InvalidValue(shown(text), name, would_do)
}

/// Returns a value for a message: quoted, and cut at 100 characters.
pub(crate) fn shown(text: &str) -> String {
    const SHOWN_CHARS_MAX: usize = 100;
    match text.char_indices().nth(SHOWN_CHARS_MAX) {
        Some((end, _)) => format!("{:?}…", &text[..end]),
        None => format!("{text:?}"),
    }
}

fn boolean(text: &str) -> Option<bool> {
    match text {
        "1" => Some(true),
        "0" => Some(false),
        _ if text.eq_ignore_ascii_case("true") => Some(true),
        _ if text.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}

fn is_absolute(text: &str) -> bool {
    // The parser would drop line breaks and tabs, and trim spaces, without an error.
    if text.trim() != text || text.chars().any(char::is_control) {
        return false;
    }
    // The parser reads `http:host` and `http:///host` as `http://host`.
    let rest = text.split_once("://").map(|(_, rest)| rest);
    let names_a_host = rest.is_some_and(|rest| !rest.starts_with(['/', '\\', '?', '#']));
    names_a_host
        && Url::parse(text).is_ok_and(|url| {
            matches!(url.scheme(), "http" | "https")
                && url.host_str().is_some_and(|h| !h.is_empty())
        })
}
