//! Callee of an outbound call: route and URI headers.

use confab_sip::message::{UriHeaders, read_uri_headers};
use confab_sip::{NotDialled, Route};
use confab_terms::{Now, limits};

use crate::{Refusal, Switchboard};

/// Prefix of a registered user's name.
const CLIENT: &str = "client:";
/// Only header besides `X-…` that a URI may set (RFC 7433).
const USER_TO_USER: &str = "User-to-User";

/// Callee of an outbound call.
pub(super) struct Callee {
    /// `To` without headers.
    pub(super) to: String,
    /// Route to the callee. `None`: the user is not registered.
    pub(super) route: Option<Route>,
    /// Headers of the INVITE.
    pub(super) headers: UriHeaders,
}

/// Returns the callee for a number, a registered user, or a SIP URI.
pub(super) fn callee(switchboard: &Switchboard, now: Now, to: &str) -> Result<Callee, Refusal> {
    let (bare, headers) = read_uri_headers(to);
    let headers = headers.ok_or_else(|| {
        let why = "expected %XX escapes of UTF-8 text in names and values";
        Refusal::BadUriHeader(why.to_owned())
    })?;
    check(&headers)?;
    let route = match client(bare) {
        Some(name) if is_name(name) => switchboard.sip.route_to_user(now.instant, name),
        Some(_) => return Err(Refusal::NobodyToCall(bare.to_owned())),
        None => {
            let route = switchboard.sip.route(now.instant, bare);
            Some(route.ok_or_else(|| unreachable(switchboard, bare))?)
        }
    };
    Ok(Callee {
        to: bare.to_owned(),
        route,
        headers,
    })
}

/// Returns the name after `client:`.
pub(super) fn client(text: &str) -> Option<&str> {
    let (scheme, name) = text.split_at_checked(CLIENT.len())?;
    scheme.eq_ignore_ascii_case(CLIENT).then_some(name)
}

fn is_name(name: &str) -> bool {
    let length = name.chars().count();
    (1..=limits::LABEL_CHARS_MAX).contains(&length) && !name.chars().any(char::is_control)
}

/// Returns the refusal of an unreachable callee: the fault of the URI, else `NobodyToCall`.
fn unreachable(switchboard: &Switchboard, to: &str) -> Refusal {
    match confab_sip::check_dialled(to, switchboard.config.sips_port.is_some()) {
        Ok(()) | Err(NotDialled::NotSip(_)) => Refusal::NobodyToCall(to.to_owned()),
        Err(why) => Refusal::NoWayThere(why.to_string()),
    }
}

/// Rejects headers that change the handling of a call, and headers beyond the limits of an INVITE.
fn check(headers: &UriHeaders) -> Result<(), Refusal> {
    let refused = |why: String| Err(Refusal::BadUriHeader(why));
    if headers.len() > limits::SIP_URI_HEADERS_MAX {
        return refused(format!("expected at most {}", limits::SIP_URI_HEADERS_MAX));
    }
    let bytes: usize = headers
        .iter()
        .map(|(name, value)| name.len() + value.len())
        .sum();
    if bytes > limits::SIP_URI_HEADERS_BYTES_MAX {
        let most = limits::SIP_URI_HEADERS_BYTES_MAX;
        return refused(format!("expected at most {most} bytes of names and values"));
    }
    for (name, value) in headers {
        let is_x = name.len() > 2 && name.get(..2).is_some_and(|x| x.eq_ignore_ascii_case("X-"));
        let is_sent = name.eq_ignore_ascii_case(USER_TO_USER) || is_x && is_header_name(name);
        if !is_sent {
            return refused(format!("{name:?}: expected X-… or {USER_TO_USER}"));
        }
        if value.chars().any(char::is_control) {
            return refused(format!(
                "{name}: expected a value without control characters"
            ));
        }
    }
    Ok(())
}

fn is_header_name(name: &str) -> bool {
    let sound = |b: u8| b.is_ascii_alphanumeric() || b"-.!%*_+`'~".contains(&b);
    name.bytes().all(sound)
}
