//! Header Replaces (RFC 3891): parser and checks.

use crate::message::{Method, Request, ResponseOut, params};

/// Parsed `Replaces: call-id;to-tag=…;from-tag=…[;early-only]`; tags from the view of the
/// recipient.
pub(crate) struct Replaces {
    pub(crate) call_id: String,
    pub(crate) local_tag: String,
    pub(crate) remote_tag: String,
    pub(crate) early_only: bool,
}

/// Returns the rejection of a malformed `Replaces` (RFC 3891 §3).
pub(crate) fn malformed(request: &Request) -> Option<ResponseOut> {
    let mut values = request.headers.all("Replaces");
    values.next()?;
    let within = request.to.tag().is_some();
    let reason = if values.next().is_some() {
        "More Than One Replaces"
    } else if request.method != Method::Invite || within {
        "Replaces Outside Of A New INVITE"
    } else if request.headers.all("Join").next().is_some() {
        "Replaces And Join"
    } else if parse_replaces(request).is_none() {
        "Bad Replaces"
    } else {
        return None;
    };
    Some(ResponseOut::new(400).reason(reason))
}

pub(crate) fn parse_replaces(request: &Request) -> Option<Replaces> {
    let text = request.headers.text("Replaces")?;
    let (call_id, rest) = text.split_at(text.find(';')?);
    let params = params(rest)?;
    let one = |name: &str| {
        let mut found = params
            .iter()
            .filter(|(is, _)| is.eq_ignore_ascii_case(name));
        let value = found.next().and_then(|(_, value)| value.clone());
        value.filter(|value| !value.is_empty() && found.next().is_none())
    };
    let call_id = call_id.trim();
    let sound = !call_id.is_empty() && !call_id.contains(',');
    sound.then_some(Replaces {
        call_id: call_id.to_owned(),
        local_tag: one("to-tag")?,
        remote_tag: one("from-tag")?,
        early_only: params
            .iter()
            .any(|(name, _)| name.eq_ignore_ascii_case("early-only")),
    })
}
