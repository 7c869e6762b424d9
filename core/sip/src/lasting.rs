//! How long a call lasts without a refresh, as RFC 4028 says it: `Session-Expires`, `Min-SE`.

use confab_terms::limits;
use serde::{Deserialize, Serialize};

use crate::message::{Headers, Reply, Request};

/// What we ask for.
pub(crate) const INTERVAL_S: u32 = limits::SIP_SESSION_INTERVAL_S;
/// The least that we take, and that the RFC allows (§5).
pub(crate) const INTERVAL_S_MIN: u32 = limits::SIP_SESSION_INTERVAL_S_MIN;
/// Nothing asked for is believed beyond it.
pub(crate) const INTERVAL_S_MAX: u32 = limits::SIP_SESSION_INTERVAL_S_MAX;

/// What both sides agreed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Lasting {
    pub(crate) interval_s: u32,
    /// We refresh, else they do.
    pub(crate) ours: bool,
    /// They know of it; else only we do, and refresh.
    pub(crate) understood: bool,
}

/// `Session-Expires`: seconds within bounds, and `refresher` in lower case.
pub(crate) fn asked_for(headers: &Headers) -> Option<(u32, Option<String>)> {
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

/// `Min-SE`, within bounds.
pub(crate) fn min_se(headers: &Headers) -> Option<u32> {
    let text = headers.text("Min-SE")?;
    let seconds = text.split(';').next()?.trim().parse::<u32>().ok()?;
    Some(seconds.clamp(INTERVAL_S_MIN, INTERVAL_S_MAX))
}

/// Whether a list of option tags has this one.
pub(crate) fn names(headers: &Headers, list: &str, option: &str) -> bool {
    let values = headers.list(list).unwrap_or_default();
    values
        .iter()
        .any(|value| value.eq_ignore_ascii_case(option))
}

/// 422 for less than we take (§9). Who does not know of it put nothing there: a proxy did.
pub(crate) fn too_short(request: &Request) -> Option<Reply> {
    let text = request.headers.text("Session-Expires")?;
    let seconds = text.split(';').next()?.trim().parse::<u64>().ok()?;
    let short = seconds < u64::from(INTERVAL_S_MIN);
    (short && names(&request.headers, "Supported", "timer"))
        .then(|| Reply::new(422).header("Min-SE", INTERVAL_S_MIN.to_string()))
}

/// What we answer to a request that could begin or refresh it (§9, table 2).
///
/// A peer without `timer` gets our default interval, and we refresh (§9).
pub(crate) fn agreed(request: &Request) -> Lasting {
    let headers = &request.headers;
    let understood = ["Supported", "Require"]
        .iter()
        .any(|list| names(headers, list, "timer"));
    match asked_for(headers) {
        Some((interval_s, refresher)) => Lasting {
            interval_s,
            ours: !understood || refresher.as_deref() != Some("uac"),
            understood,
        },
        None => Lasting {
            interval_s: INTERVAL_S.max(min_se(headers).unwrap_or_default()),
            ours: true,
            understood,
        },
    }
}

/// What a 2xx of ours says of it.
pub(crate) fn tell(reply: Reply, lasting: Option<Lasting>) -> Reply {
    let Some(lasting) = lasting else {
        return reply;
    };
    let refresher = if lasting.ours { "uas" } else { "uac" };
    let text = format!("{};refresher={refresher}", lasting.interval_s);
    let reply = reply.header("Session-Expires", text);
    if lasting.understood {
        reply.header("Require", "timer")
    } else {
        reply
    }
}

/// What a request of ours that refreshes says of it.
pub(crate) fn headers(lasting: Lasting) -> [(String, String); 3] {
    let refresher = if lasting.ours { "uac" } else { "uas" };
    let text = format!("{};refresher={refresher}", lasting.interval_s);
    let min = INTERVAL_S_MIN.to_string();
    [
        ("Supported".into(), "timer".into()),
        ("Session-Expires".into(), text),
        ("Min-SE".into(), min),
    ]
}
