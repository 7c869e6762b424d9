//! Writer of outbound messages: responses and requests.

use confab_terms::{SocketAddr, limits};
use serde::{Deserialize, Serialize};

use super::headers::{Headers, compact};
use super::transport::Transport;
use super::{Method, Request};

/// Headers that a response copies from its request (RFC 3261 §8.2.6.2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Echo {
    vias: Vec<Vec<u8>>,
    from: Option<Vec<u8>>,
    to: Option<Vec<u8>>,
    call_id: Option<Vec<u8>>,
    cseq: Option<Vec<u8>>,
    record_routes: Vec<Vec<u8>>,
    /// True if To is well-formed and has no tag.
    wants_tag: bool,
}

fn owned<'a>(values: impl Iterator<Item = &'a [u8]>) -> Vec<Vec<u8>> {
    values.map(<[u8]>::to_vec).collect()
}

impl Echo {
    /// Copies the headers of a valid request, and adds `received` and `rport` to the topmost Via.
    pub(crate) fn of(request: &Request, source: SocketAddr) -> Self {
        let mut vias: Vec<Vec<u8>> = Vec::with_capacity(request.vias.len());
        for (index, via) in request.vias.iter().enumerate() {
            let mut via = via.clone();
            if index == 0 {
                via.note_source(source);
            }
            vias.push(via.to_string().into_bytes());
        }
        Self {
            vias,
            wants_tag: request.to.tag().is_none(),
            record_routes: owned(request.headers.all("Record-Route")),
            ..Self::of_broken(&request.headers)
        }
    }

    /// Copies the headers of a malformed request, as received.
    pub(crate) fn of_broken(headers: &Headers) -> Self {
        let first = |name| headers.all(name).next().map(<[u8]>::to_vec);
        Self {
            vias: owned(headers.all("Via")),
            from: first("From"),
            to: first("To"),
            call_id: first("Call-ID"),
            cseq: first("CSeq"),
            record_routes: Vec::new(),
            wants_tag: false,
        }
    }
}

/// Response to write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ResponseOut {
    status: u16,
    reason: Option<String>,
    tag: Option<String>,
    headers: Vec<(&'static str, String)>,
    record_route: bool,
    sdp: Vec<u8>,
    /// True for the shortest form: compact names, no blanks, no reason phrase, and no
    /// Content-Length, which datagrams do not need (RFC 3261 §7.3.3, §18.3).
    short: bool,
}

impl ResponseOut {
    pub(crate) fn new(status: u16) -> Self {
        Self {
            status,
            reason: None,
            tag: None,
            headers: Vec::new(),
            record_route: false,
            sdp: Vec::new(),
            short: false,
        }
    }
    pub(crate) fn reason(mut self, reason: &str) -> Self {
        self.reason = Some(reason.to_owned());
        self
    }
    pub(crate) fn tag(mut self, tag: &str) -> Self {
        self.tag = Some(tag.to_owned());
        self
    }
    pub(crate) fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
    /// Adds a Warning (RFC 3261 §20.43) with this code and the pseudonym `confab` as agent.
    pub(crate) fn warning(self, code: u16, text: &str) -> Self {
        let kept = |char: &char| !char.is_control();
        let text = text
            .chars()
            .filter(kept)
            .take(limits::SIP_WARNING_CHARS_MAX);
        let text: String = text.collect();
        let text = text.replace('\\', "\\\\").replace('"', "\\\"");
        self.header("Warning", format!("{code} confab \"{text}\""))
    }
    /// Copies Record-Route of the request, as required in a response that creates a dialog (RFC
    /// 3261 §12.1.1).
    pub(crate) fn record_route(mut self) -> Self {
        self.record_route = true;
        self
    }
    pub(crate) fn short(mut self) -> Self {
        self.short = true;
        self
    }
    pub(crate) fn sdp(mut self, body: Vec<u8>) -> Self {
        self.sdp = body;
        self
    }

    pub(crate) fn status(&self) -> u16 {
        self.status
    }

    pub(crate) fn bytes(&self, echo: &Echo) -> Vec<u8> {
        let reason = self.reason.as_deref();
        let reason = reason.unwrap_or_else(|| reason_phrase(self.status));
        let (reason, line): (_, WriteLine) = match self.short {
            true => ("", short_line),
            false => (reason, line),
        };
        let mut bytes = format!("SIP/2.0 {} {reason}\r\n", self.status).into_bytes();
        for via in &echo.vias {
            line(&mut bytes, "Via", via);
        }
        let mut to = echo.to.clone();
        if let (Some(to), Some(tag), true) = (&mut to, &self.tag, echo.wants_tag) {
            to.extend_from_slice(b";tag=");
            to.extend_from_slice(tag.as_bytes());
        }
        for (name, value) in [
            ("From", &echo.from),
            ("To", &to),
            ("Call-ID", &echo.call_id),
            ("CSeq", &echo.cseq),
        ] {
            if let Some(value) = value {
                line(&mut bytes, name, value);
            }
        }
        if self.record_route {
            for route in &echo.record_routes {
                line(&mut bytes, "Record-Route", route);
            }
        }
        for (name, value) in &self.headers {
            line(&mut bytes, name, value.as_bytes());
        }
        match self.short {
            true => bytes.extend_from_slice(b"\r\n"),
            false => finish(&mut bytes, &self.sdp),
        }
        bytes
    }
}

/// Request to write.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RequestOut {
    pub(crate) method: Method,
    pub(crate) uri: String,
    pub(crate) branch: String,
    pub(crate) from: String,
    pub(crate) to: String,
    pub(crate) call_id: String,
    pub(crate) cseq: u32,
    pub(crate) routes: Vec<String>,
    /// Contact, User-Agent, …
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) sdp: Vec<u8>,
}

impl RequestOut {
    pub(crate) fn bytes(&self, sent_by: SocketAddr, transport: Transport) -> Vec<u8> {
        let (method, branch) = (&self.method, &self.branch);
        let mut bytes = format!(
            "{method} {} SIP/2.0\r\nVia: SIP/2.0/{} {sent_by};branch={branch};rport\r\n\
             Max-Forwards: 70\r\nFrom: {}\r\nTo: {}\r\nCall-ID: {}\r\nCSeq: {} {method}\r\n",
            self.uri,
            transport.in_via(),
            self.from,
            self.to,
            self.call_id,
            self.cseq
        )
        .into_bytes();
        for route in &self.routes {
            line(&mut bytes, "Route", route.as_bytes());
        }
        for (name, value) in &self.headers {
            line(&mut bytes, name, value.as_bytes());
        }
        finish(&mut bytes, &self.sdp);
        bytes
    }
}

fn line(bytes: &mut Vec<u8>, name: &str, value: &[u8]) {
    bytes.extend_from_slice(name.as_bytes());
    bytes.extend_from_slice(b": ");
    bytes.extend_from_slice(value);
    bytes.extend_from_slice(b"\r\n");
}

/// Function that writes one header line.
type WriteLine = fn(&mut Vec<u8>, &str, &[u8]);

fn short_line(bytes: &mut Vec<u8>, name: &str, value: &[u8]) {
    bytes.extend_from_slice(compact(name).as_bytes());
    bytes.push(b':');
    bytes.extend_from_slice(value);
    bytes.extend_from_slice(b"\r\n");
}

fn finish(bytes: &mut Vec<u8>, sdp: &[u8]) {
    if !sdp.is_empty() {
        line(bytes, "Content-Type", b"application/sdp");
    }
    line(bytes, "Content-Length", sdp.len().to_string().as_bytes());
    bytes.extend_from_slice(b"\r\n");
    bytes.extend_from_slice(sdp);
}

/// Returns the reason phrase of a status code.
#[must_use]
pub fn reason_phrase(status: u16) -> &'static str {
    match status {
        100 => "Trying",
        180 => "Ringing",
        200 => "OK",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        406 => "Not Acceptable",
        408 => "Request Timeout",
        413 => "Request Entity Too Large",
        415 => "Unsupported Media Type",
        416 => "Unsupported URI Scheme",
        420 => "Bad Extension",
        422 => "Session Interval Too Small",
        423 => "Interval Too Brief",
        480 => "Temporarily Unavailable",
        481 => "Call/Transaction Does Not Exist",
        482 => "Loop Detected",
        486 => "Busy Here",
        487 => "Request Terminated",
        488 => "Not Acceptable Here",
        491 => "Request Pending",
        500 => "Server Internal Error",
        501 => "Not Implemented",
        503 => "Service Unavailable",
        504 => "Server Time-out",
        505 => "Version Not Supported",
        600 => "Busy Everywhere",
        603 => "Decline",
        status if status < 200 => "Progress",
        status if status < 300 => "OK",
        status if status < 500 => "Refused",
        _ => "Failure",
    }
}
