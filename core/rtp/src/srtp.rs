//! SRTP and SRTCP (RFC 3711, RFC 7714): packets encrypted and decrypted where they lie, without
//! taking memory. What is kept is plain data: keys, counts, windows; schedules are made from it.

mod cipher;
mod counter;
mod incoming;
mod outgoing;
mod packet;
mod schedule;
mod window;

pub use incoming::{Incoming, Refused};
pub use outgoing::Outgoing;

/// Bytes that protection adds to a packet at most: a tag, and SRTCP's index.
pub const SRTP_BYTES_MAX: usize = 16 + 4;
