//! Parsers of the values of settings, and their errors.

use std::net::{IpAddr, SocketAddr};
use std::ops::RangeInclusive;
use std::str::FromStr;
use std::time::Duration;

use confab_sockets::PortRange;
use confab_switchboard::CallEvent;
use confab_terms::{AccountSid, Codec, Method, Srtp};
use confab_web::Cidr;
use thiserror::Error;

use super::{ConfiguredTrunk, Given, LogFormat};

/// Maximum lifetime of an event, in seconds: a week.
const CALLBACK_LIFETIME_MAX: u32 = 7 * 86_400;

/// Invalid value of a setting; the error is a single line.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{what}{} {wanted}", .value.as_ref().map(|v| format!("={v:?}")).unwrap_or_default())]
pub(crate) struct BadValue {
    /// Variable, flag or key.
    pub(crate) what: String,
    /// Value as written.
    pub(crate) value: Option<String>,
    /// Reason of the error, and the expectation.
    pub(crate) wanted: String,
}

impl Given {
    pub(crate) fn bad(&self, wanted: impl Into<String>) -> BadValue {
        BadValue {
            what: self.origin.to_string(),
            value: Some(self.value.clone()),
            wanted: wanted.into(),
        }
    }

    fn parsed<T: FromStr>(&self, wanted: &str) -> Result<T, BadValue> {
        self.value.parse().map_err(|_| self.bad(wanted))
    }

    pub(crate) fn listen(&self) -> Result<SocketAddr, BadValue> {
        const WANTED: &str = "is not an address and port; 127.0.0.1:8080 or [::1]:8080 would do";
        // Names are not resolved, as a name may have several addresses; `localhost` is a usual
        // exception.
        let text = self
            .value
            .strip_prefix("localhost:")
            .map_or_else(|| self.value.clone(), |port| format!("127.0.0.1:{port}"));
        text.parse().map_err(|_| self.bad(WANTED))
    }

    /// Parses the SIP address. An address other than loopback requires a trunk, to distinguish
    /// calls from abuse. An unspecified address also requires a public address, which callers
    /// receive.
    pub(crate) fn sip_listen(
        &self,
        trunks: &[ConfiguredTrunk],
        public: Option<IpAddr>,
    ) -> Result<SocketAddr, BadValue> {
        let address = self.listen()?;
        let ip = address.ip().to_canonical();
        if ip.is_loopback() {
            return Ok(address);
        }
        if trunks.is_empty() {
            let wanted = "is not a loopback address, and there is no trunk that could call: \
                          CONFAB_TRUNK_NETWORKS=192.0.2.0/24 or a [[trunk]] in the file would do, \
                          or 127.0.0.1:5060";
            return Err(self.bad(wanted));
        }
        if ip.is_unspecified() && public.is_none() {
            let wanted = "is every address of this machine, and callers must be told one: \
                          CONFAB_PUBLIC_ADDRESS=192.0.2.10 would do";
            return Err(self.bad(wanted));
        }
        Ok(address)
    }

    /// Parses the address of SIP over TLS: the same IP address as SIP, since the same access rules
    /// apply.
    pub(crate) fn sips_listen(&self, sip: &Given) -> Result<SocketAddr, BadValue> {
        let (address, sip) = (self.listen()?, sip.listen()?);
        if address.ip() != sip.ip() {
            let would_do = SocketAddr::new(sip.ip(), address.port());
            let wanted = format!(
                "is not where SIP listens, {}; {would_do} would do",
                sip.ip()
            );
            return Err(self.bad(wanted));
        }
        if address.port() == sip.port() && address.port() != 0 {
            let would_do = SocketAddr::new(sip.ip(), 5061);
            return Err(self.bad(format!("is SIP's own port; {would_do} would do")));
        }
        Ok(address)
    }

    pub(crate) fn srtp(&self) -> Result<Srtp, BadValue> {
        Srtp::of_name(&self.value).ok_or_else(|| self.bad("is none of off, prefer and require"))
    }

    pub(crate) fn lifetime(&self) -> Result<Duration, BadValue> {
        let seconds = self.number(1..=CALLBACK_LIFETIME_MAX)?;
        Ok(Duration::from_secs(seconds.into()))
    }

    pub(crate) fn switch(&self) -> Result<bool, BadValue> {
        match self.value.as_str() {
            "on" => Ok(true),
            "off" => Ok(false),
            _ => Err(self.bad("is neither on nor off")),
        }
    }

    pub(crate) fn ip(&self) -> Result<IpAddr, BadValue> {
        self.parsed("is not an IP address; 192.0.2.10 would do")
    }

    pub(crate) fn ports(&self) -> Result<PortRange, BadValue> {
        let range = self.value.split_once('-').and_then(|(first, last)| {
            let number = |text: &str| {
                text.trim()
                    .parse::<u16>()
                    .ok()
                    .filter(|&port| port >= 1_024)
            };
            PortRange::new(number(first)?, number(last)?)
        });
        let wanted = "is not a range of ports from 1024 to 65535 with an even one and the odd one \
                      above it; 20000-39999 would do";
        range.ok_or_else(|| self.bad(wanted))
    }

    /// Parses codecs in their order, each at most once.
    pub(crate) fn codecs(&self) -> Result<Vec<Codec>, BadValue> {
        let words = self.value.split([',', ' ']).filter(|word| !word.is_empty());
        let named = |word: &str| {
            let mut all = Codec::ALL.into_iter();
            all.find(|codec| codec.name().eq_ignore_ascii_case(word))
        };
        let codecs: Option<Vec<_>> = words.map(named).collect();
        let codecs = codecs.filter(|codecs| {
            let once = |codec| codecs.iter().filter(|&other| other == codec).count() == 1;
            !codecs.is_empty() && codecs.iter().all(once)
        });
        codecs.ok_or_else(|| {
            self.bad("is not a list of codecs, each once; opus,G722,PCMU,PCMA would do")
        })
    }

    pub(crate) fn number(&self, range: RangeInclusive<u32>) -> Result<u32, BadValue> {
        let number = self.value.parse().ok().filter(|n| range.contains(n));
        let (least, most) = range.into_inner();
        number.ok_or_else(|| self.bad(format!("is not a number from {least} to {most}")))
    }

    pub(crate) fn account(&self) -> Result<AccountSid, BadValue> {
        let wanted = "is neither a UUID nor AC and 32 hexadecimal digits; \
                      5ba0f94a-1b0c-4d8f-9c2e-6b0a3f1d2e4c would do";
        confab_rest::account_sid(&self.value).ok_or_else(|| self.bad(wanted))
    }

    pub(crate) fn secret(&self) -> Result<String, BadValue> {
        // RFC 7617: the password of Basic authentication contains no control characters.
        if self.value.chars().any(char::is_control) {
            return Err(BadValue {
                what: self.origin.to_string(),
                value: None,
                wanted: "holds control characters; letters and digits would do".to_owned(),
            });
        }
        Ok(self.value.clone())
    }

    pub(crate) fn url(&self) -> Result<String, BadValue> {
        let rest = ["http://", "https://"]
            .iter()
            .find_map(|scheme| self.value.strip_prefix(scheme));
        let named = rest.is_some_and(|rest| {
            rest.starts_with(|first: char| first.is_ascii_alphanumeric() || first == '[')
        });
        if named && !self.value.contains(char::is_whitespace) {
            return Ok(self.value.clone());
        }
        Err(self.bad("is not an absolute http(s) URL; https://app.example.com/voice would do"))
    }

    pub(crate) fn method(&self) -> Result<Method, BadValue> {
        match self.value.to_ascii_uppercase().as_str() {
            "GET" => Ok(Method::Get),
            "POST" => Ok(Method::Post),
            _ => Err(self.bad("is neither GET nor POST")),
        }
    }

    pub(crate) fn call_events(&self) -> Result<Vec<CallEvent>, BadValue> {
        let words = self.value.split([',', ' ']).filter(|word| !word.is_empty());
        let events: Option<Vec<_>> = words.map(CallEvent::of_word).collect();
        let wanted = "holds another word than initiated, ringing, answered and completed";
        events.ok_or_else(|| self.bad(wanted))
    }

    pub(crate) fn networks(&self) -> Result<Vec<Cidr>, BadValue> {
        Cidr::list(&self.value)
            .map_err(|error| self.bad(format!("holds something else than networks: {error}")))
    }

    /// Parses origins as browsers send them in `Origin`; `*` and `null` are rejected.
    pub(crate) fn origins(&self) -> Result<Vec<String>, BadValue> {
        let words = self.value.split([',', ' ']).filter(|word| !word.is_empty());
        let origin = |word: &str| {
            let url = url::Url::parse(word).ok()?;
            let is_web = matches!(url.scheme(), "http" | "https");
            let is_canonical = url.origin().ascii_serialization() == word;
            (is_web && is_canonical).then(|| word.to_owned())
        };
        let origins: Option<Vec<_>> = words.map(origin).collect();
        origins.ok_or_else(|| {
            self.bad(
                "holds something else than origins as browsers send them (a scheme and a host in \
                 lower case, no path, no default port, no *); https://app.example.com would do",
            )
        })
    }

    /// Parses host names and addresses to lower case, without a scheme and port.
    pub(crate) fn hosts(&self) -> Result<Vec<String>, BadValue> {
        let words = self.value.split([',', ' ']).filter(|word| !word.is_empty());
        let host = |word: &str| {
            let bare = word.trim_matches(['[', ']']);
            if let Ok(ip) = bare.parse::<IpAddr>() {
                return Some(ip.to_string());
            }
            let sound = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
            let name = word.trim_end_matches('.').to_ascii_lowercase();
            (!name.is_empty() && name.bytes().all(sound)).then_some(name)
        };
        let hosts: Option<Vec<_>> = words.map(host).collect();
        hosts.ok_or_else(|| {
            let wanted = "holds something else than host names (no scheme, no port, no *); \
                          confab.example.com would do";
            self.bad(wanted)
        })
    }

    pub(crate) fn seconds(&self) -> Result<Duration, BadValue> {
        const DAY: u64 = 86_400;
        let seconds = self.value.parse::<u64>().ok().filter(|&n| n <= DAY);
        seconds
            .map(Duration::from_secs)
            .ok_or_else(|| self.bad("is not a number of seconds from 0 to 86400; 30 would do"))
    }

    pub(crate) fn log_format(&self) -> Result<LogFormat, BadValue> {
        match self.value.to_ascii_lowercase().as_str() {
            "text" => Ok(LogFormat::Text),
            "json" => Ok(LogFormat::Json),
            _ => Err(self.bad("is neither text nor json")),
        }
    }

    /// Checks the filter here, so that an invalid filter does not disable the log.
    pub(crate) fn log_filter(&self) -> Result<String, BadValue> {
        let filter = tracing_subscriber::EnvFilter::builder().parse(&self.value);
        filter
            .map(|_| self.value.clone())
            .map_err(|_| self.bad("is not a log filter; info, or info,confab_sip=debug, would do"))
    }
}
