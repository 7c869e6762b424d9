//! Cookies of one fetch: those of the call, and those that responses set, redirects included.

use std::time::SystemTime;

use confab_switchboard::{Cookie, Cookies};
use confab_terms::WallTime;
use confab_terms::limits::{COOKIE_BYTES_MAX, COOKIES_MAX};
use reqwest::header::{HeaderMap, HeaderValue, SET_COOKIE};
use url::{Host, Url};

/// Cookies of one fetch.
#[derive(Default)]
pub(crate) struct Jar {
    kept: Cookies,
    /// Cookies that responses have set, in order.
    pub(crate) set: Vec<Cookie>,
}

impl Jar {
    /// Creates a jar with the cookies of a call.
    pub(crate) fn of(kept: Cookies) -> Self {
        let set = Vec::new();
        Self { kept, set }
    }

    /// Returns the `Cookie` header of a request.
    pub(crate) fn header(&self, url: &Url) -> Option<HeaderValue> {
        let mut header = HeaderValue::try_from(self.kept.header(url, now())?).ok()?;
        header.set_sensitive(true);
        Some(header)
    }

    /// Stores the cookies that a response sets, at most `limits::COOKIES_MAX` of one response.
    pub(crate) fn take(&mut self, url: &Url, headers: &HeaderMap) {
        let at = now();
        let written = headers.get_all(SET_COOKIE).iter().take(COOKIES_MAX);
        let texts = written.filter_map(|value| std::str::from_utf8(value.as_bytes()).ok());
        for cookie in texts.filter_map(|text| read(url, text, at)) {
            // Plain http neither sets nor replaces a secure cookie (RFC 6265bis section 5.7).
            let is_https = url.scheme() == "https";
            if !is_https && (cookie.secure || self.kept.protects(&cookie)) {
                continue;
            }
            self.kept.set(cookie.clone(), at);
            self.set.push(cookie);
        }
    }
}

/// Parses a Set-Cookie header. Returns `None` if the header is invalid, too large, or names a
/// foreign domain.
fn read(url: &Url, text: &str, at: WallTime) -> Option<Cookie> {
    if text.len() > 2 * COOKIE_BYTES_MAX {
        return None;
    }
    let parsed = cookie::Cookie::parse(text).ok()?;
    let secure = parsed.secure().unwrap_or(false);
    let path = parsed.path().filter(|path| path.starts_with('/'));
    if !is_of(url, parsed.domain()) || !keeps_promise(&parsed, secure, path) {
        return None;
    }
    Some(Cookie {
        site: Cookie::site(url),
        path: path.map_or_else(|| default_path(url), str::to_owned),
        name: parsed.name().to_owned(),
        value: parsed.value().to_owned(),
        secure,
        expires: expires(&parsed, at),
    })
}

/// Returns whether a Domain attribute names this host or a parent domain.
fn is_of(url: &Url, domain: Option<&str>) -> bool {
    let host = url.host_str().unwrap_or_default();
    let Some(domain) = domain.filter(|domain| !domain.is_empty()) else {
        return true;
    };
    let domain = domain.to_ascii_lowercase();
    let is_name = matches!(url.host(), Some(Host::Domain(_)));
    let parent = host.strip_suffix(&domain);
    host == domain || is_name && parent.is_some_and(|rest| rest.ends_with('.'))
}

/// Checks the name prefixes `__Host-` and `__Secure-` (RFC 6265bis section 4.1.3).
fn keeps_promise(cookie: &cookie::Cookie<'_>, secure: bool, path: Option<&str>) -> bool {
    let name = cookie.name().to_ascii_lowercase();
    if name.starts_with("__host-") {
        return secure && cookie.domain().is_none() && path == Some("/");
    }
    secure || !name.starts_with("__secure-")
}

/// Returns the default path: the folder of the request (RFC 6265 section 5.1.4).
fn default_path(url: &Url) -> String {
    match url.path().rsplit_once('/') {
        Some(("", _)) | None => "/".to_owned(),
        Some((folder, _)) => folder.to_owned(),
    }
}

/// Returns the time of expiry; Max-Age takes precedence over Expires.
fn expires(cookie: &cookie::Cookie<'_>, at: WallTime) -> Option<WallTime> {
    if let Some(age) = cookie.max_age() {
        let ms = i64::try_from(age.whole_milliseconds()).unwrap_or(i64::MAX);
        return Some(WallTime(at.0.saturating_add(ms)));
    }
    let until = cookie.expires_datetime()?;
    Some(WallTime(until.unix_timestamp().saturating_mul(1_000)))
}

fn now() -> WallTime {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let ms = since.map_or(0, |since| since.as_millis());
    WallTime(i64::try_from(ms).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use confab_terms::WallTime;
    use url::Url;

    use super::read;

    #[test]
    fn attributes_are_read_and_foreign_ones_refused() {
        let at = WallTime(1_000);
        let host = "http://app.example.com/a/b?c";
        for (url, text, expected) in [
            (host, "a=b", Some(("a", "b", "/a", None))),
            (host, "a=b=c; Path=/", Some(("a", "b=c", "/", None))),
            (
                host,
                "a=; path=x; Max-Age=2",
                Some(("a", "", "/a", Some(3_000))),
            ),
            (
                host,
                "a=b; Expires=Thu, 01 Jan 1970 00:00:05 GMT",
                Some(("a", "b", "/a", Some(5_000))),
            ),
            (
                host,
                "a=b; Domain=.Example.com",
                Some(("a", "b", "/a", None)),
            ),
            (host, "a=b; Domain=example.org", None),
            (host, "a=b; Domain=ple.com", None),
            ("http://10.0.0.1/", "a=b; Domain=0.0.1", None),
            (
                "http://10.0.0.1/",
                "a=b; Domain=10.0.0.1",
                Some(("a", "b", "/", None)),
            ),
            (host, "__Host-a=b; Path=/", None),
            (
                host,
                "__Secure-a=b; Secure",
                Some(("__Secure-a", "b", "/a", None)),
            ),
            (host, "no pair", None),
        ] {
            let cookie = read(&Url::parse(url).unwrap(), text, at);
            let found = cookie.as_ref().map(|c| {
                let expires = c.expires.map(|at| at.0);
                (c.name.as_str(), c.value.as_str(), c.path.as_str(), expires)
            });
            assert_eq!(found, expected, "{text}");
        }
    }
}
