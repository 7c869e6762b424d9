//! SIP messages as text: reading them strictly, writing ours. No state, no time.

mod address;
mod headers;
mod lex;
mod method;
mod multipart;
mod parse;
mod request;
mod response;
mod same_uri;
mod split;
mod uri;
mod via;
mod write;

pub use address::Address;
pub use headers::{Header, Headers};
pub use lex::Params;
pub use method::Method;
pub use parse::{Message, Unreadable, parse};
pub use request::Request;
pub use response::Response;
pub use uri::{Host, SipUri, Uri};
pub use via::Via;
pub use write::{Echo, reason_phrase};

pub(crate) use headers::lossy;
pub(crate) use lex::{is_token, params, split_values, unquote};
pub(crate) use method::{ALLOW, SUPPORTED};
pub(crate) use multipart::{SDP, Unusable, take_session};
pub(crate) use same_uri::same_uri;
pub(crate) use split::split;
pub(crate) use write::{Outgoing, Reply};
