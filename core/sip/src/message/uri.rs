//! URIs: `sip:` and `sips:` are parsed, other schemes are stored as text.

use confab_terms::{IpAddr, Ipv4Addr, SocketAddr};
use core::fmt;
use core::net::Ipv6Addr;

use serde::{Deserialize, Serialize};

use super::lex::{
    Params, escapes_are_whole, is_token, param, quoted_end, split_once_unquoted, unescape,
    unquoted_positions,
};

/// Maximum number of positions that are tried as the end of the user part.
const USER_ENDS_MAX: usize = 4;

/// URI.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Uri {
    /// `sip:` or `sips:`.
    Sip(SipUri),
    /// Another scheme, not parsed.
    Other {
        /// Scheme in lower case.
        scheme: String,
        /// Complete URI.
        text: String,
    },
}

/// Host part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Host {
    /// IP address.
    Address(IpAddr),
    /// Host name, as received.
    Name(String),
}

/// `sip:user@host:port;params?headers`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SipUri {
    /// Complete URI, as received.
    pub text: String,
    /// True for `sips:`.
    pub secure: bool,
    /// User part, escaped, without password.
    pub user: Option<String>,
    /// Host.
    pub host: Host,
    /// Port; `None`: the default, 5060, or 5061 for `sips:` and TLS.
    pub port: Option<u16>,
    /// Parameters, escaped.
    pub params: Params,
    /// True if the URI has headers (`?Route=…`), which are never applied.
    pub has_headers: bool,
}

impl Host {
    /// Parses `name`, `192.0.2.1` or `[2001:db8::1]`.
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

    /// Parses `host:port` or `host`.
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
        // The last '@' ends the user part, unless the user part or a parameter contains another
        // '@'.
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
            // `sip:@host` has no user.
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

    /// Returns true if the parameter is present, escaped or not.
    #[must_use]
    pub fn has_param(&self, name: &str) -> bool {
        param(&self.params, name).is_some()
            || self
                .params
                .iter()
                .any(|(known, _)| unescape(known).eq_ignore_ascii_case(name))
    }

    /// Returns the unescaped value of the `transport` parameter; an empty text if it has no value.
    #[must_use]
    pub fn transport(&self) -> Option<String> {
        let mut params = self.params.iter();
        let (_, value) =
            params.find(|(name, _)| unescape(name).eq_ignore_ascii_case("transport"))?;
        Some(unescape(value.as_deref().unwrap_or_default()))
    }

    /// Returns address and port if the host is a unicast address and the port is not 0.
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

/// Returns the user part without the password; `None` if a character is not allowed.
fn user(userinfo: &str) -> Option<String> {
    let sound = |b: u8| b.is_ascii_alphanumeric() || b"-_.!~*'()%&=+$,;?/:#@".contains(&b);
    let user = userinfo.split(':').next().unwrap_or_default();
    // '#' and '@' are not in the grammar. '#' occurs in dialed digits, '@' in mail addresses.
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
        // Accepted beyond the grammar: empty values, values with `=`, quoted strings.
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
    /// Parses a URI without blanks and angle brackets.
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

    /// Returns the URI as received.
    #[must_use]
    pub fn text(&self) -> &str {
        match self {
            Self::Sip(uri) => &uri.text,
            Self::Other { text, .. } => text,
        }
    }

    /// Returns `sip:user@host` without password, port, parameters and headers.
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

    /// Returns the unescaped user part; empty if there is none.
    #[must_use]
    pub fn user(&self) -> String {
        match self {
            Self::Sip(uri) => unescape(uri.user.as_deref().unwrap_or_default()),
            Self::Other { .. } => String::new(),
        }
    }
}

/// Returns true if the text is a token or a host, as allowed for a branch.
pub(crate) fn is_token_or_host(text: &str) -> bool {
    is_token(text) || Host::parse(text).is_some() || text.parse::<Ipv6Addr>().is_ok()
}
