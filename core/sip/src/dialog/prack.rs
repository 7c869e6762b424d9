//! Headers of reliable provisional responses (RFC 3262).

use super::session_timer::names;
use super::state::Support100rel;
use crate::message::{Headers, Response};

/// Returns the support for 100rel in an INVITE.
pub(crate) fn support_100rel(headers: &Headers) -> Support100rel {
    if names(headers, "Require", "100rel") {
        Support100rel::Required
    } else if names(headers, "Supported", "100rel") {
        Support100rel::Supported
    } else {
        Support100rel::Unsupported
    }
}

/// Returns the RSeq of a reliable provisional response; `None`: not reliable.
pub(crate) fn rseq(response: &Response) -> Option<u32> {
    let wants = response.status > 100 && names(&response.headers, "Require", "100rel");
    let rseq = response.headers.text("RSeq").filter(|_| wants)?;
    rseq.trim().parse().ok()
}
