//! Response with parsed mandatory headers.

use super::headers::Headers;
use super::{Address, Method, Via};

/// Response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    /// Status code, 100 to 699.
    pub status: u16,
    /// Via values, topmost first; at least one.
    pub vias: Vec<Via>,
    /// From of the request.
    pub from: Address,
    /// To, with the tag of the UAS.
    pub to: Address,
    /// Call-ID.
    pub call_id: String,
    /// CSeq number.
    pub cseq: u32,
    /// CSeq method.
    pub method: Method,
    /// First Contact that is an address.
    pub contact: Option<Address>,
    /// All headers, including the parsed ones.
    pub headers: Headers,
    /// Body, by Content-Length.
    pub body: Vec<u8>,
    /// First malformed part; a 2xx to INVITE with a fault cannot be used.
    pub fault: Option<String>,
}
