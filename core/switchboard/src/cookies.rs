//! Cookies of one call: set by responses of its application, returned to the same host only. Values
//! are secrets of the application; no `Debug` output shows one.

use core::fmt;

use confab_terms::WallTime;
use confab_terms::limits::{COOKIE_BYTES_MAX, COOKIES_BYTES_MAX, COOKIES_MAX};
use serde::{Deserialize, Serialize};
use url::Url;

/// Cookie of a response.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cookie {
    /// Host and port that set the cookie, see [`Cookie::site`].
    pub site: String,
    /// Path prefix of the requests that carry the cookie.
    pub path: String,
    /// Name.
    pub name: String,
    /// Value as received.
    pub value: String,
    /// True if only https requests carry the cookie.
    pub secure: bool,
    /// Expiry; a past time removes the cookie. `None`: end of the call.
    pub expires: Option<WallTime>,
}

/// Cookies of one call, in the order of their creation; at most `limits::COOKIES_MAX`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cookies {
    kept: Vec<Cookie>,
}

impl Cookie {
    /// Returns the host of a URL, with a port that differs from the scheme's default. Cookies are
    /// bound to this value; their Domain attribute is ignored.
    #[must_use]
    pub fn site(url: &Url) -> String {
        let host = url.host_str().unwrap_or_default();
        match url.port() {
            Some(port) => format!("{host}:{port}"),
            None => host.to_owned(),
        }
    }

    fn bytes(&self) -> usize {
        self.site.len() + self.path.len() + self.name.len() + self.value.len()
    }

    fn is(&self, other: &Self) -> bool {
        (&self.site, &self.path, &self.name) == (&other.site, &other.path, &other.name)
    }

    fn is_over(&self, at: WallTime) -> bool {
        self.expires.is_some_and(|expires| expires <= at)
    }

    /// Returns whether a request for this URL carries the cookie (RFC 6265, section 5.1.4).
    fn matches(&self, url: &Url) -> bool {
        let rest = url.path().strip_prefix(self.path.as_str());
        let in_path = rest.is_some_and(|rest| {
            rest.is_empty() || rest.starts_with('/') || self.path.ends_with('/')
        });
        in_path && self.site == Self::site(url) && (!self.secure || url.scheme() == "https")
    }
}

impl fmt::Debug for Cookie {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            site, path, name, ..
        } = self;
        write!(f, "Cookie({name}=… of {site}{path})")
    }
}

impl Cookies {
    /// Iterates over the cookies, oldest first.
    pub fn iter(&self) -> impl Iterator<Item = &Cookie> {
        self.kept.iter()
    }

    /// Returns the `Cookie` header of a request for this URL, longest path first (RFC 6265,
    /// section 5.4).
    #[must_use]
    pub fn header(&self, url: &Url, at: WallTime) -> Option<String> {
        let sent = self.kept.iter();
        let mut sent: Vec<_> = sent.filter(|c| c.matches(url) && !c.is_over(at)).collect();
        sent.sort_by_key(|cookie| core::cmp::Reverse(cookie.path.len()));
        let pairs: Vec<_> = sent
            .iter()
            .map(|cookie| format!("{}={}", cookie.name, cookie.value))
            .collect();
        (!pairs.is_empty()).then(|| pairs.join("; "))
    }

    /// Sets, replaces or removes a cookie. Beyond the limits the oldest ones are dropped; a cookie
    /// that is too large is ignored.
    pub fn set(&mut self, cookie: Cookie, at: WallTime) {
        if cookie.is_over(at) {
            self.kept.retain(|known| !known.is(&cookie));
            return;
        }
        if cookie.bytes() > COOKIE_BYTES_MAX {
            return;
        }
        match self.kept.iter_mut().find(|known| known.is(&cookie)) {
            Some(known) => *known = cookie,
            None => self.kept.push(cookie),
        }
        self.kept.retain(|known| !known.is_over(at));
        while self.kept.len() > COOKIES_MAX || self.bytes() > COOKIES_BYTES_MAX {
            self.kept.remove(0);
        }
    }

    /// Returns whether a stored secure cookie forbids a plain http response to set this cookie.
    #[must_use]
    pub fn protects(&self, cookie: &Cookie) -> bool {
        self.kept
            .iter()
            .any(|known| known.secure && known.is(cookie))
    }

    fn bytes(&self) -> usize {
        self.kept.iter().map(Cookie::bytes).sum()
    }
}

const _: () = assert!(COOKIE_BYTES_MAX <= COOKIES_BYTES_MAX);

#[cfg(test)]
mod tests {
    use confab_terms::WallTime;
    use confab_terms::limits::{COOKIE_BYTES_MAX, COOKIES_BYTES_MAX, COOKIES_MAX};
    use url::Url;

    use super::{Cookie, Cookies};

    const NOW: WallTime = WallTime(1_000_000);

    fn cookie(name: &str, value: &str) -> Cookie {
        Cookie {
            site: "app.example".to_owned(),
            path: "/".to_owned(),
            name: name.to_owned(),
            value: value.to_owned(),
            secure: false,
            expires: None,
        }
    }

    fn sent(cookies: &Cookies, url: &str) -> Option<String> {
        cookies.header(&Url::parse(url).unwrap(), NOW)
    }

    #[test]
    fn cookie_is_sent_to_its_host_and_path_only() {
        let mut cookies = Cookies::default();
        cookies.set(cookie("a", "1"), NOW);
        let deep = Cookie {
            path: "/deep".to_owned(),
            ..cookie("b", "2")
        };
        cookies.set(deep, NOW);
        for (url, expected) in [
            ("http://app.example/x", Some("a=1")),
            ("https://APP.example:443/deep/x?y", Some("b=2; a=1")),
            ("http://app.example/deeper", Some("a=1")),
            ("http://app.example:8080/x", None),
            ("http://www.app.example/x", None),
            ("http://example/x", None),
        ] {
            assert_eq!(sent(&cookies, url).as_deref(), expected, "{url}");
        }
    }

    #[test]
    fn secure_and_expired_cookies_stay_at_home() {
        let mut cookies = Cookies::default();
        let secure = Cookie {
            secure: true,
            ..cookie("s", "1")
        };
        cookies.set(secure, NOW);
        let short = Cookie {
            expires: Some(WallTime(NOW.0 + 1)),
            ..cookie("e", "2")
        };
        cookies.set(short, NOW);
        assert_eq!(
            sent(&cookies, "http://app.example/").as_deref(),
            Some("e=2")
        );
        assert_eq!(
            sent(&cookies, "https://app.example/").as_deref(),
            Some("s=1; e=2")
        );
        let url = Url::parse("http://app.example/").unwrap();
        assert_eq!(cookies.header(&url, WallTime(NOW.0 + 1)), None);
        assert!(cookies.protects(&cookie("s", "x")));
    }

    #[test]
    fn set_again_replaces_and_a_past_expiry_removes() {
        let mut cookies = Cookies::default();
        cookies.set(cookie("a", "1"), NOW);
        cookies.set(cookie("b", "2"), NOW);
        cookies.set(cookie("a", "3"), NOW);
        assert_eq!(
            sent(&cookies, "http://app.example/").as_deref(),
            Some("a=3; b=2")
        );
        let removed = Cookie {
            expires: Some(WallTime(0)),
            ..cookie("a", "")
        };
        cookies.set(removed, NOW);
        assert_eq!(
            sent(&cookies, "http://app.example/").as_deref(),
            Some("b=2")
        );
    }

    #[test]
    fn jar_is_bounded_and_drops_the_oldest() {
        let mut cookies = Cookies::default();
        for n in 0..2 * COOKIES_MAX {
            cookies.set(cookie(&format!("c{n}"), "x"), NOW);
        }
        let all = sent(&cookies, "http://app.example/").unwrap();
        assert_eq!(all.split("; ").count(), COOKIES_MAX);
        assert!(all.starts_with(&format!("c{COOKIES_MAX}=x")), "{all}");
        cookies.set(cookie("huge", &"x".repeat(COOKIE_BYTES_MAX)), NOW);
        assert_eq!(sent(&cookies, "http://app.example/").unwrap(), all);
        for n in 0..10 {
            let large = "x".repeat(COOKIE_BYTES_MAX / 2);
            cookies.set(cookie(&format!("l{n}"), &large), NOW);
        }
        assert!(sent(&cookies, "http://app.example/").unwrap().len() <= COOKIES_BYTES_MAX);
    }

    #[test]
    fn debug_output_hides_the_value() {
        let mut cookies = Cookies::default();
        cookies.set(cookie("sid", "very-secret"), NOW);
        assert!(!format!("{cookies:?}").contains("very-secret"));
    }
}
