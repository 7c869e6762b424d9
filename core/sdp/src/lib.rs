//! SDP (RFC 4566/8866) and offer/answer (RFC 3264): parsing, offers, answers, agreements. One audio
//! stream with voice, digits and SRTP keys is supported. Ports and packets are handled elsewhere.

mod agree;
mod agreed;
mod answer;
mod choose;
mod crypto;
mod errors;
mod fmtp;
mod hosts;
mod media;
mod numbers;
mod offer;
mod parse;
mod session;

pub use agree::agree;
pub use agreed::{Agreed, Direction, Local};
pub use answer::answer;
pub use crypto::{Crypto, OurSrtp};
pub use errors::{Malformed, NotAcceptable, Rejection};
pub use hosts::{HostNames, host_names};
pub use media::{Media, RtcpAddress, RtpMap};
pub use numbers::PayloadNumbers;
pub use offer::offer;
pub use parse::parse;
pub use session::{Host, Session};
