//! Via value: `SIP/2.0/UDP host:port;branch=…`.

use confab_terms::SocketAddr;

use super::lex::{Params, is_token, param, params};
use super::uri::{Host, is_token_or_host};

/// Prefix of a branch by RFC 3261 §8.1.1.7, the magic cookie.
pub(crate) const COOKIE: &str = "z9hG4bK";

/// Via value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Via {
    /// `UDP`, `TCP`, …
    pub transport: String,
    /// Host of sent-by.
    pub host: Host,
    /// Port of sent-by; `None`: 5060.
    pub port: Option<u16>,
    /// `branch`, `rport`, …
    pub params: Params,
}

impl Via {
    /// Parses one value.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut parts = text.splitn(3, '/');
        let (name, version, rest) = (parts.next()?, parts.next()?, parts.next()?);
        if !name.trim().eq_ignore_ascii_case("SIP") || version.trim() != "2.0" {
            return None;
        }
        let rest = rest.trim_start();
        let (transport, rest) = rest.split_at(rest.find([' ', '\t'])?);
        let rest = rest.trim();
        let (sent_by, after) = rest.split_at(rest.find(';').unwrap_or(rest.len()));
        // Blanks around the colon are allowed (RFC 3261 §20.42).
        let sent_by: String = sent_by.split_ascii_whitespace().collect();
        let (host, port) = Host::parse_with_port(&sent_by)?;
        let params = params(after)?;
        let sound = |(name, value): &(String, Option<String>)| match value.as_deref() {
            None => !name.eq_ignore_ascii_case("branch"),
            Some("") if name.eq_ignore_ascii_case("rport") => true,
            Some(value) if name.eq_ignore_ascii_case("rport") => value.parse::<u16>().is_ok(),
            Some(value) if name.eq_ignore_ascii_case("branch") => is_token_or_host(value),
            Some(_) => true,
        };
        (is_token(transport) && params.iter().all(sound)).then(|| Self {
            transport: transport.to_owned(),
            host,
            port,
            params,
        })
    }

    /// Returns the branch.
    #[must_use]
    pub fn branch(&self) -> Option<&str> {
        param(&self.params, "branch").flatten()
    }

    /// Returns the branch if it begins with the magic cookie and has more characters.
    #[must_use]
    pub fn unique_branch(&self) -> Option<&str> {
        self.branch().filter(|branch| {
            branch.len() > COOKIE.len()
                && branch
                    .get(..COOKIE.len())
                    .is_some_and(|start| start.eq_ignore_ascii_case(COOKIE))
        })
    }

    /// Returns sent-by as `host:port` in lower case.
    #[must_use]
    pub fn sent_by(&self) -> String {
        let port = self.port.unwrap_or(5060);
        format!("{}:{port}", self.host).to_ascii_lowercase()
    }

    /// Stores the source address: `received` if sent-by is another host (RFC 3261 §18.2.1), `rport`
    /// if requested (RFC 3581 §4).
    pub(crate) fn note_source(&mut self, source: SocketAddr) {
        let ip = source.ip().to_canonical();
        let asked = param(&self.params, "rport").is_some();
        self.params.retain(|(name, _)| {
            !name.eq_ignore_ascii_case("received") && !name.eq_ignore_ascii_case("rport")
        });
        let same = matches!(self.host, Host::Address(host) if host.to_canonical() == ip);
        if asked || !same {
            self.params.push(("received".into(), Some(ip.to_string())));
        }
        if asked {
            let port = source.port().to_string();
            self.params.push(("rport".into(), Some(port)));
        }
    }
}

impl core::fmt::Display for Via {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "SIP/2.0/{} {}", self.transport, self.host)?;
        if let Some(port) = self.port {
            write!(f, ":{port}")?;
        }
        for (name, value) in &self.params {
            match value {
                Some(value) => write!(f, ";{name}={value}")?,
                None => write!(f, ";{name}")?,
            }
        }
        Ok(())
    }
}
