//! Caller and callee of an inbound call in the form for applications. Sources: number or SIP URI,
//! asserted identity (RFC 3325), diverting party (RFC 5806, RFC 7044).

use confab_terms::limits;
use serde::{Deserialize, Serialize};

use super::access::Trunk;
use super::number::{CountryCode, e164};
use crate::message::{Address, Headers, Request, Uri, param, unescape};

/// Value of a caller or a diverting party with privacy.
const ANONYMOUS: &str = "anonymous";
/// SIP URI of an anonymous caller (RFC 3323 §4.1.1.3).
const ANONYMOUS_URI: &str = "sip:anonymous@anonymous.invalid";

/// Rules of a trunk for the identity of callers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdentityRules {
    /// Country code that completes national numbers; `None`: numbers remain as received.
    pub country_code: Option<CountryCode>,
    /// True if P-Asserted-Identity and Privacy of this trunk are used.
    pub is_trusted: bool,
}

/// Caller and callee of an INVITE.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Parties {
    pub(crate) from: String,
    pub(crate) from_name: Option<String>,
    pub(crate) sip_from: String,
    pub(crate) to: String,
    pub(crate) forwarded_from: Option<String>,
}

impl Parties {
    /// Reads the parties of a request from `trunk`.
    pub(crate) fn of(request: &Request, trunk: Option<&Trunk>) -> Self {
        // A trunk that has only an account is a phone; its calls have SIP URIs, not numbers.
        let numbers = trunk.filter(|t| !t.networks.is_empty() || t.gateway.is_some());
        let shown = |uri: &Uri| match numbers {
            Some(trunk) => number(uri, trunk.identity.country_code.as_ref()),
            None => uri.bare(),
        };
        let is_trusted = trunk.is_some_and(|trunk| trunk.identity.is_trusted);
        let to = shown(&request.uri);
        let forwarded_from = forwarded_from(&request.headers, shown);
        if is_trusted && asks_for_privacy(&request.headers) {
            return Self {
                from: ANONYMOUS.to_owned(),
                from_name: None,
                sip_from: ANONYMOUS_URI.to_owned(),
                to,
                forwarded_from,
            };
        }
        let asserted = Some(&request.headers).filter(|_| is_trusted);
        let asserted = asserted.and_then(asserted_identity);
        let caller = asserted.as_ref().unwrap_or(&request.from);
        Self {
            from: shown(&caller.uri),
            from_name: caller.name.clone().or_else(|| request.from.name.clone()),
            sip_from: request.from.uri.bare(),
            to,
            forwarded_from,
        }
    }
}

/// Returns the number of a URI, or its user part as received.
fn number(uri: &Uri, country_code: Option<&CountryCode>) -> String {
    let written = match uri {
        Uri::Sip(sip) => sip.user.as_deref().unwrap_or_default(),
        Uri::Other { scheme, text } if scheme == "tel" => {
            let rest = text.split_once(':').map_or("", |(_, rest)| rest);
            rest.split('?').next().unwrap_or_default()
        }
        Uri::Other { .. } => "",
    };
    let user = unescape(written);
    match e164(&user, country_code) {
        _ if user.is_empty() => uri.bare(),
        Some(number) => number,
        None if user.chars().any(char::is_control) => written.to_owned(),
        None if matches!(uri, Uri::Other { .. }) => {
            user.split(';').next().unwrap_or_default().to_owned()
        }
        None => user,
    }
}

/// Returns the identity asserted by the network: the `tel:` URI, else the first SIP URI.
fn asserted_identity(headers: &Headers) -> Option<Address> {
    let asserted = addresses(headers, "P-Asserted-Identity");
    let is_tel =
        |address: &&Address| matches!(&address.uri, Uri::Other { scheme, .. } if scheme == "tel");
    let is_sip = |address: &&Address| matches!(address.uri, Uri::Sip(_));
    let found = asserted.iter().find(is_tel);
    found.or_else(|| asserted.iter().find(is_sip)).cloned()
}

/// Returns true if the caller's identity must be withheld (RFC 3323 §4.2, RFC 3325 §9.3).
fn asks_for_privacy(headers: &Headers) -> bool {
    let values = headers.all("Privacy").map(crate::message::lossy);
    values.into_iter().any(|value| {
        let mut wishes = value.split([';', ',']).map(str::trim);
        wishes.any(|wish| wish.eq_ignore_ascii_case("id") || wish.eq_ignore_ascii_case("user"))
    })
}

/// Returns the party that diverted the call last, by Diversion, else by History-Info.
fn forwarded_from(headers: &Headers, shown: impl Fn(&Uri) -> String) -> Option<String> {
    if let Some(diversion) = addresses(headers, "Diversion").first() {
        let privacy = param(&diversion.params, "privacy").flatten();
        let privacy = privacy.map(|value| value.trim_matches('"').to_ascii_lowercase());
        return Some(match privacy.as_deref() {
            Some("full" | "uri") => ANONYMOUS.to_owned(),
            _ => shown(&diversion.uri),
        });
    }
    let history = addresses(headers, "History-Info");
    let diverting = diverting(&history)?;
    let has_privacy = embedded(&diverting.uri, "Privacy").is_some_and(|value| {
        let mut wishes = value.split(';').map(str::trim);
        wishes.any(|wish| !wish.eq_ignore_ascii_case("none"))
    });
    Some(match has_privacy {
        true => ANONYMOUS.to_owned(),
        false => shown(&diverting.uri),
    })
}

/// Returns the History-Info entry of the last diversion. In order of preference: the entry named by
/// `mp` (RFC 7044 §10.4.1); the last entry with a Reason (RFC 4244 §4.1); the entry before a
/// `cause` (RFC 4458).
fn diverting(history: &[Address]) -> Option<&Address> {
    let value = |address: &'_ Address, name: &str| {
        let value = param(&address.params, name).flatten();
        value.map(str::to_owned)
    };
    if let Some(index) = history.iter().rev().find_map(|entry| value(entry, "mp")) {
        let named = |entry: &&Address| value(entry, "index").as_deref() == Some(&index);
        return history.iter().find(named);
    }
    let (_, before) = history.split_last()?;
    let left = |entry: &&Address| embedded(&entry.uri, "Reason").is_some();
    let by_cause = || {
        let has_cause = |uri: &Uri| matches!(uri, Uri::Sip(sip) if sip.has_param("cause"));
        let caused = history.iter().rposition(|entry| has_cause(&entry.uri))?;
        history.get(caused.checked_sub(1)?)
    };
    before.iter().rev().find(left).or_else(by_cause)
}

/// Returns a header embedded in a URI after `?`, unescaped.
fn embedded(uri: &Uri, name: &str) -> Option<String> {
    let (_, headers) = uri.text().split_once('?')?;
    let mut pairs = headers.split('&').filter_map(|pair| pair.split_once('='));
    let found = pairs.find(|(known, _)| known.eq_ignore_ascii_case(name));
    found.map(|(_, value)| unescape(value))
}

/// Returns the well-formed addresses of a list header, at most `SIP_IDENTITIES_MAX`.
fn addresses(headers: &Headers, name: &str) -> Vec<Address> {
    let values = headers.list(name).unwrap_or_default();
    let read = values.iter().filter_map(|value| Address::parse(value));
    read.take(limits::SIP_IDENTITIES_MAX).collect()
}
