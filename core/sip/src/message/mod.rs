//! Strict parser and writer of SIP messages, without state and time.

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
mod transport;
mod uri;
mod uri_headers;
mod via;
mod write;

pub use address::Address;
pub use headers::{Header, Headers};
pub use lex::Params;
pub use method::Method;
pub(crate) use parse::TOO_MANY_ROUTES;
pub use parse::{Message, Unreadable, parse};
pub use request::Request;
pub use response::Response;
pub use transport::Transport;
pub use uri::{Host, SipUri, Uri};
pub use uri_headers::{UriHeaders, read_uri_headers};
pub use via::Via;
pub use write::{Echo, reason_phrase};

pub(crate) use headers::lossy;
pub(crate) use lex::{is_token, param, params, split_values, unescape, unquote};
pub(crate) use method::{ALLOW, SUPPORTED};
pub(crate) use multipart::{SDP, Unusable, take_session};
pub(crate) use same_uri::same_uri;
pub(crate) use split::split;
pub(crate) use transport::PORT;
pub(crate) use uri_headers::escape_user;
pub(crate) use write::{RequestOut, ResponseOut};
