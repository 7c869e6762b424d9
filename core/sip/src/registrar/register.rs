//! Parser of REGISTER (RFC 3261 §10.3), and its Contact headers.

use core::time::Duration;

use confab_terms::{Instant, limits};

use super::bindings::{Binding, Change, NotRegistered};
use crate::message::{Address, Params, Request, ResponseOut, Uri};
use crate::transport::Flow;

/// Operation of a REGISTER.
pub(crate) enum Operation {
    /// Query without a change.
    Query,
    /// `Contact: *` with `Expires: 0`.
    RemoveAll,
    Change(Vec<Change>),
}

/// Returns the user of the address-of-record: the unescaped user of To. Its host is not checked.
pub(crate) fn user_of(request: &Request) -> Result<String, ResponseOut> {
    let user = match &request.to.uri {
        Uri::Sip(_) => request.to.uri.user(),
        Uri::Other { .. } => String::new(),
    };
    if user.is_empty() || user.chars().count() > limits::SIP_CONTACT_CHARS_MAX {
        return Err(ResponseOut::new(400).reason("Bad To"));
    }
    Ok(user)
}

pub(crate) fn parse_operation(
    now: Instant,
    flow: &Flow,
    request: &Request,
) -> Result<Operation, ResponseOut> {
    let bad = |reason: &str| ResponseOut::new(400).reason(reason);
    let texts = request.headers.addresses("Contact");
    let texts = texts.ok_or_else(|| bad("Bad Contact"))?;
    let header = request.headers.text("Expires").map(|text| seconds(&text));
    if texts.is_empty() {
        return Ok(Operation::Query);
    }
    if texts.iter().any(|text| text == "*") {
        let alone = texts.len() == 1 && header == Some(0);
        return match alone {
            true => Ok(Operation::RemoveAll),
            false => Err(bad("Contact * Needs Expires 0")),
        };
    }
    let mut changes = Vec::new();
    for text in &texts {
        let contact = Address::parse(text).ok_or_else(|| bad("Bad Contact"))?;
        let uri = contact.uri.text().to_owned();
        // Headers in a Contact URI would be copied into requests, and are not supported.
        let callable = matches!(&contact.uri, Uri::Sip(uri) if !uri.has_headers);
        if !callable || uri.len() > limits::SIP_CONTACT_CHARS_MAX {
            return Err(bad("Bad Contact"));
        }
        let (expires, params) = expires(contact.params);
        let expires = expires.or(header).unwrap_or(limits::SIP_EXPIRES_S_DEFAULT);
        if expires == 0 {
            changes.push(Change::Remove(uri));
            continue;
        }
        if expires < limits::SIP_EXPIRES_S_MIN {
            let least = limits::SIP_EXPIRES_S_MIN.to_string();
            return Err(ResponseOut::new(423).header("Min-Expires", least));
        }
        let expires = expires.min(limits::SIP_EXPIRES_S_MAX);
        changes.push(Change::Keep(Binding {
            uri,
            params,
            flow: flow.clone(),
            call_id: request.call_id.clone(),
            cseq: request.cseq,
            until: now + Duration::from_secs(expires.into()),
        }));
    }
    Ok(Operation::Change(changes))
}

/// Returns `expires` of a contact, and the other parameters.
pub(crate) fn expires(params: Params) -> (Option<u32>, Params) {
    let is_it = |(name, _): &(String, Option<String>)| name.eq_ignore_ascii_case("expires");
    let (found, others): (Params, Params) = params.into_iter().partition(is_it);
    let value = found.into_iter().next().and_then(|(_, value)| value);
    (value.map(|text| seconds(&text)), others)
}

/// Parses seconds. A malformed value counts as the default (RFC 3261 §20.19), an overflow as the
/// maximum.
pub(crate) fn seconds(text: &str) -> u32 {
    let text = text.trim();
    let is_number = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    match is_number {
        true => text.parse().unwrap_or(u32::MAX),
        false => limits::SIP_EXPIRES_S_DEFAULT,
    }
}

/// Returns a binding as a Contact of the 200.
pub(crate) fn contact_header(now: Instant, binding: &Binding) -> String {
    let mut text = format!("<{}>", binding.uri);
    for (name, value) in &binding.params {
        text += &match value {
            Some(value) => format!(";{name}={value}"),
            None => format!(";{name}"),
        };
    }
    let left = binding.until.saturating_since(now).as_secs();
    text + &format!(";expires={left}")
}

pub(crate) fn rejection(why: NotRegistered) -> ResponseOut {
    match why {
        NotRegistered::OutOfOrder => ResponseOut::new(500).reason("CSeq Out Of Order"),
        NotRegistered::TooManyContacts => ResponseOut::new(403).reason("Too Many Contacts"),
        NotRegistered::Full => ResponseOut::new(503).header("Retry-After", "60"),
    }
}
