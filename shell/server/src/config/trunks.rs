//! Trunks: the trunk of the environment, and every `[[trunk]]` of the file, checked.

use std::net::{IpAddr, SocketAddr};

use confab_switchboard::{Access, Account, CountryCode, Gateway, IdentityRules, Nat, Secret};
use confab_switchboard::{Transport, Trunk};
use confab_terms::Srtp;
use confab_web::Cidr;

use super::written::WrittenTrunk;
use super::{BadValue, Layers};

/// Name of the trunk of the environment.
const OF_ENVIRONMENT: &str = "trunk";
const NAME_CHARS_MAX: usize = 64;

/// Trunk as configured: its host has not been resolved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ConfiguredTrunk {
    pub(crate) name: String,
    pub(crate) networks: Vec<Cidr>,
    pub(crate) account: Option<Account>,
    pub(crate) host: Option<String>,
    pub(crate) transport: Transport,
    pub(crate) srtp: Option<Srtp>,
    pub(crate) nat: Nat,
    pub(crate) identity: IdentityRules,
}

/// Returns all trunks, or the first error.
pub(super) fn trunks(layers: &Layers, has_tls: bool) -> Result<Vec<ConfiguredTrunk>, BadValue> {
    let mut trunks: Vec<ConfiguredTrunk> = Vec::new();
    for written in of_settings(layers).iter().chain(layers.trunks()) {
        let trunk = trunk(written, has_tls)?;
        let twin = |what: &str| BadValue {
            what: format!("{} of {}", what, written.shown),
            value: None,
            wanted: "is that of another trunk too; another one would do".to_owned(),
        };
        if trunks.iter().any(|known| known.name == trunk.name) {
            return Err(twin("name"));
        }
        let user = trunk.account.as_ref().map(|account| &account.user);
        let is_same = |known: &ConfiguredTrunk| known.account.as_ref().map(|a| &a.user) == user;
        if user.is_some() && trunks.iter().any(is_same) {
            return Err(twin("user"));
        }
        trunks.push(trunk);
    }
    Ok(trunks)
}

/// Returns the trunk of `CONFAB_TRUNK_…`, if any of these is set.
fn of_settings(layers: &Layers) -> Option<WrittenTrunk> {
    let keys = [
        "networks",
        "user",
        "password",
        "address",
        "transport",
        "srtp",
        "nat",
        "country_code",
        "trust_identity",
    ];
    let given = keys.map(|key| Some((key, layers.get(&format!("trunk_{key}"))?)));
    let given: Vec<_> = given.into_iter().flatten().collect();
    let (_, first) = given.first()?;
    let mut written = WrittenTrunk::new(format!("the trunk of {}", first.origin));
    written.add("name", OF_ENVIRONMENT.to_owned());
    for (key, given) in given {
        written.named(key, given.origin.to_string());
        written.add(key, given.value.clone());
    }
    Some(written)
}

fn trunk(written: &WrittenTrunk, has_tls: bool) -> Result<ConfiguredTrunk, BadValue> {
    let name = written.get("name").unwrap_or_default();
    if name.is_empty() || name.chars().count() > NAME_CHARS_MAX || !is_sound(name) {
        let wanted = "is no name: name = \"carrier\" would do";
        return Err(written.bad("name", true, wanted));
    }
    let networks = Cidr::list(written.get("networks").unwrap_or_default());
    let networks = networks.map_err(|error| {
        let wanted = format!("holds something else than networks: {error}");
        written.bad("networks", true, &wanted)
    })?;
    let account = account(written)?;
    let transport = transport(written, has_tls)?;
    let host = written.get("address").map(|text| match host_port(text) {
        Some(_) => Ok(text.to_owned()),
        None => {
            let wanted = "is no host: sip.example.com, 192.0.2.1:5070 or [2001:db8::1] would do";
            Err(written.bad("address", true, wanted))
        }
    });
    let host = host.transpose()?;
    if networks.is_empty() && account.is_none() && host.is_none() {
        let wanted = "says nothing of who it is: networks = [\"192.0.2.0/24\"], user and \
                      password, or address would do";
        return Err(BadValue {
            what: written.shown.clone(),
            value: None,
            wanted: wanted.to_owned(),
        });
    }
    let has_numbers = !networks.is_empty() || host.is_some();
    Ok(ConfiguredTrunk {
        identity: identity(written, has_numbers)?,
        name: name.to_owned(),
        networks,
        account,
        host,
        transport,
        srtp: srtp(written)?,
        nat: nat(written)?,
    })
}

fn transport(written: &WrittenTrunk, has_tls: bool) -> Result<Transport, BadValue> {
    match written.get("transport") {
        None | Some("udp") => Ok(Transport::Udp),
        Some("tcp") => Ok(Transport::Tcp),
        Some("tls") if has_tls => Ok(Transport::Tls),
        Some("tls") => {
            let wanted = "needs SIP over TLS: CONFAB_SIPS_LISTEN=127.0.0.1:5061 would do";
            Err(written.bad("transport", true, wanted))
        }
        Some(_) => Err(written.bad("transport", true, "is none of udp, tcp and tls")),
    }
}

/// Parses the identity rules. Callers of a trunk without addresses are SIP URIs: a country code has
/// no effect there.
fn identity(written: &WrittenTrunk, has_numbers: bool) -> Result<IdentityRules, BadValue> {
    let country_code = match written.get("country_code") {
        None => None,
        Some(_) if !has_numbers => {
            let wanted = "has no effect: expected networks or address beside it";
            return Err(written.bad("country_code", true, wanted));
        }
        Some(text) => {
            let wanted = "is no country code: expected 1 to 3 digits without a leading 0, as in \
                          \"49\"";
            let code = CountryCode::parse(text);
            Some(code.ok_or_else(|| written.bad("country_code", true, wanted))?)
        }
    };
    let is_trusted = match written.get("trust_identity") {
        None | Some("false") => false,
        Some("true") => true,
        Some(_) => {
            return Err(written.bad(
                "trust_identity",
                true,
                "is no switch: expected true or false",
            ));
        }
    };
    Ok(IdentityRules {
        country_code,
        is_trusted,
    })
}

fn srtp(written: &WrittenTrunk) -> Result<Option<Srtp>, BadValue> {
    let Some(text) = written.get("srtp") else {
        return Ok(None);
    };
    let wanted = "is none of off, prefer and require";
    let srtp = Srtp::of_name(text).ok_or_else(|| written.bad("srtp", true, wanted))?;
    Ok(Some(srtp))
}

fn nat(written: &WrittenTrunk) -> Result<Nat, BadValue> {
    let Some(text) = written.get("nat") else {
        return Ok(Nat::default());
    };
    let wanted = format!("is none of {}", Nat::NAMES);
    Nat::of_name(text).ok_or_else(|| written.bad("nat", true, &wanted))
}

fn account(written: &WrittenTrunk) -> Result<Option<Account>, BadValue> {
    let (user, password) = match (written.get("user"), written.get("password")) {
        (None, None) => return Ok(None),
        (Some(user), Some(password)) => (user, password),
        (Some(_), None) => {
            return Err(written.bad("password", false, "is missing: the user has none"));
        }
        (None, Some(_)) => {
            return Err(written.bad("user", false, "is missing: the password is nobody's"));
        }
    };
    if user.contains(['"', '\\', ':', '@', ' ']) || !is_sound(user) {
        let wanted = "holds what a user part cannot hold; letters and digits would do";
        return Err(written.bad("user", true, wanted));
    }
    if !is_sound(password) {
        let wanted = "holds control characters; letters and digits would do";
        return Err(written.bad("password", false, wanted));
    }
    Ok(Some(Account {
        user: user.to_owned(),
        password: Secret(password.to_owned()),
    }))
}

fn is_sound(text: &str) -> bool {
    !text.chars().any(char::is_control)
}

/// Splits `host`, `host:port` and `[v6]:port`.
fn host_port(text: &str) -> Option<(&str, Option<u16>)> {
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => {
            (host, Some(port.parse().ok().filter(|p| *p > 0)?))
        }
        _ => (text, None),
    };
    if let Some(inner) = host.strip_prefix('[') {
        let inner = inner.strip_suffix(']')?;
        return inner
            .parse::<std::net::Ipv6Addr>()
            .is_ok()
            .then_some((inner, port));
    }
    let sound = |b: u8| b.is_ascii_alphanumeric() || b"-._".contains(&b);
    let is_name = !host.is_empty() && host.bytes().all(sound);
    is_name.then_some((host, port))
}

impl ConfiguredTrunk {
    /// Returns host and port of the trunk; the host is a name or an address.
    pub(crate) fn host_port(&self) -> Option<(&str, Option<u16>)> {
        host_port(self.host.as_deref()?)
    }

    /// Returns the address of the host, unless the host is a name.
    pub(crate) fn literal(&self) -> Option<SocketAddr> {
        let (host, port) = self.host_port()?;
        let ip: IpAddr = host.parse().ok()?;
        Some(SocketAddr::new(ip, port.unwrap_or(self.transport.port())))
    }

    /// Returns the gateway of outbound calls. A name is resolved at each call, since its address
    /// may change.
    fn gateway(&self) -> Option<Gateway> {
        let host = self.host.clone();
        host.map(|host| Gateway::new(host, self.literal(), self.transport))
    }
}

/// Returns the access rules of the listener.
pub(crate) fn access(sip_listen: SocketAddr, trunks: &[ConfiguredTrunk]) -> Access {
    let trunks = trunks.iter().map(|trunk| Trunk {
        name: trunk.name.clone(),
        networks: trunk.networks.clone(),
        account: trunk.account.clone(),
        gateway: trunk.gateway(),
        srtp: trunk.srtp,
        nat: trunk.nat,
        identity: trunk.identity.clone(),
    });
    Access {
        open: sip_listen.ip().to_canonical().is_loopback(),
        trunks: trunks.collect(),
    }
}
