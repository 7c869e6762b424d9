//! RTP, RTCP, SRTP, the jitter buffer and RFC 4733 digits. The crate converts packets to samples
//! and events and vice versa. Sockets and rooms are elsewhere, and time is passed in.

mod digit_receiver;
mod digit_sender;
mod header;
mod jitter;
mod ports;
mod reception;
pub mod rtcp;
pub mod srtp;

pub use digit_receiver::DigitReceiver;
pub use digit_sender::{DigitPacket, DigitSender};
pub use header::{HEADER_BYTES, Header, NotRtp};
pub use jitter::{JitterBuffer, JitterStats, Pulled};
pub use ports::{PairState, choose_pair};
pub use reception::Reception;
