//! Checks of a request before processing, in the order of RFC 3261 §8.2.

use confab_terms::limits;

use super::UserAgent;
use crate::dialog::{replaces, session_timer};
use crate::message::{
    ALLOW, Method, Request, ResponseOut, SDP, SUPPORTED, TOO_MANY_ROUTES, Transport, Unusable, Uri,
    take_session,
};
use crate::transport::Source;

impl UserAgent {
    /// Returns the rejection of a request; `None`: acceptable.
    pub(crate) fn refusal(&self, from: Source, request: &Request) -> Option<ResponseOut> {
        match request.method {
            Method::Unknown(_) => return Some(ResponseOut::new(501).header("Allow", ALLOW)),
            Method::Foreign(_) => return Some(ResponseOut::new(405).header("Allow", ALLOW)),
            Method::Refer => return Some(ResponseOut::new(603).header("Allow", ALLOW)),
            _ => {}
        }
        // A `sips:` URI requires TLS (RFC 5630 §5.3).
        let is_tls = from.transport == Transport::Tls;
        if matches!(&request.uri, Uri::Other { .. })
            || matches!(&request.uri, Uri::Sip(uri) if uri.secure && !is_tls)
        {
            return Some(ResponseOut::new(416));
        }
        let mut required = request.headers.list("Require").unwrap_or_default();
        let ours = |option: &String| {
            let mut known = SUPPORTED.split(", ");
            known.any(|known| known.eq_ignore_ascii_case(option))
        };
        required.retain(|option| !option.is_empty() && !ours(option));
        if !required.is_empty() {
            return Some(ResponseOut::new(420).header("Unsupported", required.join(", ")));
        }
        if request.body.len() > limits::SIP_BODY_BYTES_MAX {
            return Some(ResponseOut::new(413));
        }
        if let Some(refusal) = replaces::malformed(request) {
            return Some(refusal);
        }
        match request.method {
            Method::Invite => self
                .bad_body(request)
                .or_else(|| self.bad_invite(request))
                .or_else(|| session_timer::too_short(request)),
            Method::Update => self
                .bad_body(request)
                .or_else(|| session_timer::too_short(request)),
            _ => None,
        }
    }

    /// Returns the rejection of a body that is not SDP.
    fn bad_body(&self, request: &Request) -> Option<ResponseOut> {
        if request.body.is_empty() {
            return None;
        }
        let Some(kind) = request.content_type() else {
            return Some(ResponseOut::new(400).reason("Missing Content-Type"));
        };
        if kind.starts_with("multipart/") {
            return bad_parts(request);
        }
        if kind != SDP {
            return Some(accepting(ResponseOut::new(415)));
        }
        let encoding = request.headers.text("Content-Encoding");
        let plain = encoding.is_none_or(|text| text.eq_ignore_ascii_case("identity"));
        (!plain).then(|| ResponseOut::new(415).header("Accept-Encoding", "identity"))
    }

    fn bad_invite(&self, request: &Request) -> Option<ResponseOut> {
        let contact = request.contact.as_ref().map(|contact| &contact.uri);
        // `*` is for REGISTER only. An RFC 2543 caller may omit Contact.
        if contact.is_none() && request.headers.all("Contact").next().is_some() {
            return Some(ResponseOut::new(400).reason("Bad Contact"));
        }
        if matches!(contact, Some(Uri::Sip(uri)) if uri.has_headers) {
            return Some(ResponseOut::new(400).reason("Bad Contact"));
        }
        if matches!(contact, Some(Uri::Other { .. })) {
            return Some(ResponseOut::new(400).reason("Bad Contact"));
        }
        if request.to.tag().is_none() && request.headers.has_too_many_routes() {
            return Some(ResponseOut::new(400).reason(TOO_MANY_ROUTES));
        }
        let accepts = request.headers.list("Accept").unwrap_or_default();
        let takes_sdp = accepts.is_empty()
            || accepts.iter().any(|accept| {
                let range = accept.split(';').next().unwrap_or_default().trim();
                [SDP, "application/*", "*/*"]
                    .iter()
                    .any(|ours| range.eq_ignore_ascii_case(ours))
            });
        (!takes_sdp).then(|| ResponseOut::new(406))
    }
}

/// Returns the rejection of an unusable multipart body; usable ones were replaced by their SDP.
fn bad_parts(request: &Request) -> Option<ResponseOut> {
    let (mut headers, mut body) = (request.headers.clone(), request.body.clone());
    match take_session(&mut headers, &mut body) {
        Ok(()) => None,
        Err(Unusable::Malformed) => Some(ResponseOut::new(400).reason("Bad Multipart Body")),
        Err(Unusable::Required) => {
            let warning = "a part of another type says handling=required";
            Some(accepting(ResponseOut::new(415)).warning(399, warning))
        }
        Err(Unusable::Encoded) => {
            Some(accepting(ResponseOut::new(415)).header("Accept-Encoding", "identity"))
        }
    }
}

/// Adds the accepted body types.
pub(crate) fn accepting(reply: ResponseOut) -> ResponseOut {
    let several = "multipart/mixed, multipart/alternative, multipart/related";
    reply.header("Accept", SDP).header("Accept", several)
}
