//! URIs: `sip:` and `sips:` taken apart, any other scheme as it is.

use confab_terms::{IpAddr, Ipv4Addr, SocketAddr};
use core::fmt;
use core::net::Ipv6Addr;

use serde::{Deserialize, Serialize};

use super::lex::{
    Params, escapes_are_whole, is_token, param, quoted_end, split_once_unquoted, unescape,
    unquoted_positions,
};

/// Places at which the user part of a URI may end that are tried.
const USER_ENDS_MAX: usize = 4;

/// A URI.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Uri {
    /// `sip:` or `sips:`.
    Sip(SipUri),
    /// Another scheme: nothing of it is understood.
    Other {
        /// In lower case.
        scheme: String,
        /// The whole of it.
        text: String,
    },
}

/// A host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Host {
    /// Literally an address.
    Address(IpAddr),
    /// A name, as written.
    Name(String),
}

/// `sip:user@host:port;params?headers`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SipUri {
    /// The whole of it, as written.
    pub text: String,
    /// `sips:`.
    pub secure: bool,
    /// Still escaped, without a password.
    pub user: Option<String>,
    /// Where.
    pub host: Host,
    /// 5060 if absent (5061 for `sips:` and TLS).
    pub port: Option<u16>,
    /// Still escaped.
    pub params: Params,
    /// Whether it asks for headers of a request to be (`?Route=…`): never obeyed.
    pub has_headers: bool,
}

impl Host {
    /// Reads `name`, `192.0.2.1` or `[2001:db8::1]`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        if let Some(inner) = text.strip_prefix('[') {
            let address: Ipv6Addr = inner.strip_suffix(']')?.parse().ok()?;
            return Some(Self::Address(IpAddr::V6(address)));
        }
        if let Ok(address) = text.parse::<Ipv4Addr>() {
            return Some(Self::Address(IpAddr::V4(address)));
        }
        let sound = |label: &str| {
            let bytes = label.as_bytes();
            !label.is_empty()
                && bytes
                    .iter()
                    .all(|b| b.is_ascii_alphanumeric() || b"-_".contains(b))
        };
        let name = text.strip_suffix('.').unwrap_or(text);
        name.split('.')
            .all(sound)
            .then(|| Self::Name(text.to_owned()))
    }

    /// Splits `host:port`, both checked.
    pub(crate) fn parse_with_port(text: &str) -> Option<(Self, Option<u16>)> {
        let bracket = text.rfind(']').unwrap_or(0);
        let (host, port) = match text[bracket..].find(':') {
            Some(colon) => {
                let digits = text[bracket + colon + 1..].trim();
                let sound = digits.bytes().all(|b| b.is_ascii_digit());
                (
                    &text[..bracket + colon],
                    Some(digits.parse().ok().filter(|_| sound)?),
                )
            }
            None => (text, None),
        };
        Some((Self::parse(host.trim())?, port))
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(IpAddr::V6(address)) => write!(f, "[{address}]"),
            Self::Address(address) => write!(f, "{address}"),
            Self::Name(name) => f.write_str(name),
        }
    }
}

impl SipUri {
    fn parse(text: &str, secure: bool) -> Option<Self> {
        let rest = text.split_once(':')?.1;
        // The last '@' ends the user part, unless that or a parameter has one of its own.
        let mut ends: Vec<usize> = unquoted_positions(rest, b'@').collect();
        ends.reverse();
        ends.truncate(USER_ENDS_MAX);
        let splits = ends.iter().map(|at| (&rest[..*at], &rest[at + 1..]));
        let sound = splits.clone().filter(|(user, _)| !user.contains('@'));
        let mut splits = sound.chain(splits);
        splits
            .find_map(|(user, rest)| Self::of_parts(text, secure, Some(user), rest))
            .or_else(|| Self::of_parts(text, secure, None, rest))
    }

    fn of_parts(text: &str, secure: bool, userinfo: Option<&str>, rest: &str) -> Option<Self> {
        let user = match userinfo {
            // `sip:@host`: nobody's name.
            None | Some("") => None,
            Some(userinfo) => Some(user(userinfo)?),
        };
        let (rest, headers) = match split_once_unquoted(rest, b'?') {
            Some((rest, headers)) => (rest, Some(headers)),
            None => (rest, None),
        };
        if headers.is_some_and(|headers| headers.contains('"')) {
            return None;
        }
        let (host_port, params) = rest.split_once(';').unwrap_or((rest, ""));
        let (host, port) = Host::parse_with_port(host_port)?;
        Some(Self {
            text: text.to_owned(),
            secure,
            user,
            host,
            port,
            params: uri_params(params)?,
            has_headers: headers.is_some(),
        })
    }

    /// Whether a parameter is there, escaped or not.
    #[must_use]
    pub fn has_param(&self, name: &str) -> bool {
        param(&self.params, name).is_some()
            || self
                .params
                .iter()
                .any(|(known, _)| unescape(known).eq_ignore_ascii_case(name))
    }

    /// The value of `transport`, unescaped; empty if it has none.
    #[must_use]
    pub fn transport(&self) -> Option<String> {
        let mut params = self.params.iter();
        let (_, value) =
            params.find(|(name, _)| unescape(name).eq_ignore_ascii_case("transport"))?;
        Some(unescape(value.as_deref().unwrap_or_default()))
    }

    /// Where it points to, if it names an address that a datagram can go to.
    #[must_use]
    pub fn socket_address(&self) -> Option<SocketAddr> {
        let Host::Address(address) = &self.host else {
            return None;
        };
        let address = address.to_canonical();
        let broadcast = address == IpAddr::V4(Ipv4Addr::BROADCAST);
        let port = self.port.unwrap_or(if self.secure { 5061 } else { 5060 });
        let usable = !(address.is_unspecified() || address.is_multicast() || broadcast);
        (usable && port != 0).then(|| SocketAddr::new(address, port))
    }
}

/// The user part without the password; `None` if a character of it is not allowed.
fn user(userinfo: &str) -> Option<String> {
    let sound = |b: u8| b.is_ascii_alphanumeric() || b"-_.!~*'()%&=+$,;?/:#@".contains(&b);
    let user = userinfo.split(':').next().unwrap_or_default();
    // '#' is not in the grammar, but it is on the keys of phones; '@' is in addresses of mail.
    (!user.is_empty() && userinfo.bytes().all(sound) && escapes_are_whole(userinfo))
        .then(|| user.to_owned())
}

fn uri_params(text: &str) -> Option<Params> {
    let mut read = Vec::new();
    let sound = |text: &str| {
        let allowed = |b: u8| b.is_ascii_alphanumeric() || b"-_.!~*'()%[]/:&+$".contains(&b);
        !text.is_empty() && text.bytes().all(allowed) && escapes_are_whole(text)
    };
    let mut rest = Some(text);
    while let Some(text) = rest {
        let (part, next) = match split_once_unquoted(text, b';') {
            Some((part, next)) => (part, Some(next)),
            None => (text, None),
        };
        rest = next;
        if part.is_empty() {
            continue;
        }
        let (name, value) = match part.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (part, None),
        };
        // Beyond the grammar: an empty value, one with `=` in it, a quoted string.
        let value_sound = |value: &str| {
            let plain = |b: u8| !b"\"?<>".contains(&b);
            quoted_end(value) == Some(value.len())
                || value.bytes().all(plain) && escapes_are_whole(value)
        };
        if !sound(name) || !value.is_none_or(value_sound) {
            return None;
        }
        read.push((name.to_owned(), value.map(str::to_owned)));
    }
    Some(read)
}

impl Uri {
    /// Reads a URI; no blank and no angle bracket may be in it.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let sound = |b: u8| b.is_ascii_graphic() && !b"<>\"".contains(&b);
        let (scheme, rest) = text.split_once(':')?;
        let scheme = scheme.to_ascii_lowercase();
        let scheme_sound = scheme
            .bytes()
            .next()
            .is_some_and(|b| b.is_ascii_alphabetic())
            && scheme
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b));
        if !scheme_sound || rest.is_empty() || !text.bytes().all(|b| b.is_ascii_graphic()) {
            return None;
        }
        match scheme.as_str() {
            "sip" | "sips" => SipUri::parse(text, scheme == "sips").map(Self::Sip),
            _ if !text.bytes().all(sound) => None,
            _ => Some(Self::Other {
                scheme,
                text: text.to_owned(),
            }),
        }
    }

    /// As it was written.
    #[must_use]
    pub fn text(&self) -> &str {
        match self {
            Self::Sip(uri) => &uri.text,
            Self::Other { text, .. } => text,
        }
    }

    /// `sip:user@host` without password, port, parameters and headers.
    #[must_use]
    pub fn bare(&self) -> String {
        match self {
            Self::Sip(uri) => {
                let scheme = if uri.secure { "sips" } else { "sip" };
                let (host, at) = (&uri.host, if uri.user.is_some() { "@" } else { "" });
                format!(
                    "{scheme}:{}{at}{host}",
                    uri.user.as_deref().unwrap_or_default()
                )
            }
            Self::Other { text, .. } => text.split([';', '?']).next().unwrap_or(text).to_owned(),
        }
    }

    /// The user part, unescaped; empty if there is none.
    #[must_use]
    pub fn user(&self) -> String {
        match self {
            Self::Sip(uri) => unescape(uri.user.as_deref().unwrap_or_default()),
            Self::Other { .. } => String::new(),
        }
    }
}

/// Whether a token can be a tag, a branch or a name.
pub(crate) fn is_token_or_host(text: &str) -> bool {
    is_token(text) || Host::parse(text).is_some() || text.parse::<Ipv6Addr>().is_ok()
}
