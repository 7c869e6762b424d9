//! A request whose mandatory headers have been understood.

use super::headers::Headers;
use super::{Address, Method, Uri, Via};

/// A request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// What it asks for.
    pub method: Method,
    /// Of whom.
    pub uri: Uri,
    /// Topmost first; at least one.
    pub vias: Vec<Via>,
    /// Who asks.
    pub from: Address,
    /// Who was meant.
    pub to: Address,
    /// Call-ID.
    pub call_id: String,
    /// The number of its CSeq.
    pub cseq: u32,
    /// The first Contact that is an address.
    pub contact: Option<Address>,
    /// Every header, those above too.
    pub headers: Headers,
    /// The body.
    pub body: Vec<u8>,
}

impl Request {
    /// The topmost Via.
    #[must_use]
    pub fn via(&self) -> &Via {
        // The parser lets no request through without a Via.
        &self.vias[0]
    }

    /// The media type of the body in lower case, without parameters.
    #[must_use]
    pub fn content_type(&self) -> Option<String> {
        let value = self.headers.text("Content-Type")?;
        let kind = value.split(';').next().unwrap_or_default();
        let kind: String = kind.split_ascii_whitespace().collect();
        Some(kind.to_ascii_lowercase())
    }
}
