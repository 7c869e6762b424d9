//! A response whose mandatory headers have been understood.

use super::headers::Headers;
use super::{Address, Method, Via};

/// A response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    /// 100 to 699.
    pub status: u16,
    /// Topmost first; at least one.
    pub vias: Vec<Via>,
    /// Who asked.
    pub from: Address,
    /// Who answers.
    pub to: Address,
    /// Call-ID.
    pub call_id: String,
    /// The number of its CSeq.
    pub cseq: u32,
    /// The method of its CSeq.
    pub method: Method,
    /// The first Contact that is an address.
    pub contact: Option<Address>,
    /// Every header, those above too.
    pub headers: Headers,
    /// The body.
    pub body: Vec<u8>,
    /// The first part of it that cannot be read: a 2xx to an INVITE cannot be used then.
    pub fault: Option<String>,
}
