//! Request with parsed mandatory headers.

use super::headers::Headers;
use super::{Address, Method, Uri, Via};

/// Request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Method.
    pub method: Method,
    /// Request URI.
    pub uri: Uri,
    /// Via values, topmost first; at least one.
    pub vias: Vec<Via>,
    /// From header: the caller.
    pub from: Address,
    /// To header: the callee.
    pub to: Address,
    /// Call-ID.
    pub call_id: String,
    /// CSeq number.
    pub cseq: u32,
    /// First Contact that is an address.
    pub contact: Option<Address>,
    /// All headers, including the parsed ones.
    pub headers: Headers,
    /// Body, by Content-Length.
    pub body: Vec<u8>,
}

impl Request {
    /// Returns the topmost Via.
    #[must_use]
    pub fn via(&self) -> &Via {
        // The parser rejects requests without Via.
        &self.vias[0]
    }

    /// Returns the media type of the body in lower case, without parameters.
    #[must_use]
    pub fn content_type(&self) -> Option<String> {
        let value = self.headers.text("Content-Type")?;
        let kind = value.split(';').next().unwrap_or_default();
        let kind: String = kind.split_ascii_whitespace().collect();
        Some(kind.to_ascii_lowercase())
    }
}
