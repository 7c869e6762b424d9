//! Session timer negotiation (RFC 4028): `Session-Expires` and `Min-SE`.

use confab_terms::limits;
use serde::{Deserialize, Serialize};

use crate::message::{Headers, Request, ResponseOut};

/// Session interval of outbound requests, in seconds.
pub(crate) const INTERVAL_S: u32 = limits::SIP_SESSION_INTERVAL_S;
/// Minimum session interval, in seconds (RFC 4028 §5).
pub(crate) const INTERVAL_S_MIN: u32 = limits::SIP_SESSION_INTERVAL_S_MIN;
/// Maximum session interval, in seconds; larger values are reduced.
pub(crate) const INTERVAL_S_MAX: u32 = limits::SIP_SESSION_INTERVAL_S_MAX;

/// Negotiated session timer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SessionTimer {
    pub(crate) interval_s: u32,
    /// True if this side is the refresher.
    pub(crate) is_refresher: bool,
    /// True if the peer supports session timers; otherwise only this side refreshes.
    pub(crate) peer_supports: bool,
}

/// Returns seconds, clamped to the limits, and `refresher` in lower case, of `Session-Expires`.
pub(crate) fn session_expires(headers: &Headers) -> Option<(u32, Option<String>)> {
    let text = headers.text("Session-Expires")?;
    let mut parts = text.split(';').map(str::trim);
    let seconds = parts.next()?.parse::<u32>().ok()?;
    let refresher = parts.find_map(|part| {
        let (name, value) = part.split_once('=')?;
        let is_it = name.trim().eq_ignore_ascii_case("refresher");
        is_it.then(|| value.trim().to_ascii_lowercase())
    });
    Some((seconds.clamp(INTERVAL_S_MIN, INTERVAL_S_MAX), refresher))
}

/// Returns `Min-SE`, clamped to the limits.
pub(crate) fn min_se(headers: &Headers) -> Option<u32> {
    let text = headers.text("Min-SE")?;
    let seconds = text.split(';').next()?.trim().parse::<u32>().ok()?;
    Some(seconds.clamp(INTERVAL_S_MIN, INTERVAL_S_MAX))
}

/// Returns true if a list of option tags or methods contains this entry.
pub(crate) fn names(headers: &Headers, list: &str, option: &str) -> bool {
    let values = headers.list(list).unwrap_or_default();
    values
        .iter()
        .any(|value| value.eq_ignore_ascii_case(option))
}

/// Returns 422 for an interval below the minimum (RFC 4028 §9). A UAC without `timer` gets no 422,
/// because a proxy inserted the header.
pub(crate) fn too_short(request: &Request) -> Option<ResponseOut> {
    let text = request.headers.text("Session-Expires")?;
    let seconds = text.split(';').next()?.trim().parse::<u64>().ok()?;
    let short = seconds < u64::from(INTERVAL_S_MIN);
    (short && names(&request.headers, "Supported", "timer"))
        .then(|| ResponseOut::new(422).header("Min-SE", INTERVAL_S_MIN.to_string()))
}

/// Returns the session timer for the 2xx to a request (RFC 4028 §9, table 2).
///
/// For a peer without `timer`, this side refreshes.
pub(crate) fn agreed(request: &Request) -> SessionTimer {
    let headers = &request.headers;
    let peer_supports = ["Supported", "Require"]
        .iter()
        .any(|list| names(headers, list, "timer"));
    match session_expires(headers) {
        Some((interval_s, refresher)) => SessionTimer {
            interval_s,
            is_refresher: !peer_supports || refresher.as_deref() != Some("uac"),
            peer_supports,
        },
        None => SessionTimer {
            interval_s: INTERVAL_S.max(min_se(headers).unwrap_or_default()),
            is_refresher: true,
            peer_supports,
        },
    }
}

/// Adds the session timer to a 2xx.
pub(crate) fn add_to(reply: ResponseOut, session_timer: Option<SessionTimer>) -> ResponseOut {
    let Some(session_timer) = session_timer else {
        return reply;
    };
    let refresher = if session_timer.is_refresher {
        "uas"
    } else {
        "uac"
    };
    let text = format!("{};refresher={refresher}", session_timer.interval_s);
    let reply = reply.header("Session-Expires", text);
    if session_timer.peer_supports {
        reply.header("Require", "timer")
    } else {
        reply
    }
}

/// Returns the session timer headers of a refresh request.
pub(crate) fn headers(session_timer: SessionTimer) -> [(String, String); 3] {
    let refresher = if session_timer.is_refresher {
        "uac"
    } else {
        "uas"
    };
    let text = format!("{};refresher={refresher}", session_timer.interval_s);
    let min = INTERVAL_S_MIN.to_string();
    [
        ("Supported".into(), "timer".into()),
        ("Session-Expires".into(), text),
        ("Min-SE".into(), min),
    ]
}
