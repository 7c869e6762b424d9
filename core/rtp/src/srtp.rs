//! SRTP and SRTCP (RFC 3711, RFC 7714): packets are encrypted and decrypted in place, without
//! allocation. The stored state is plain data: keys, counters, windows. Key schedules are derived
//! from this state.

mod cipher;
mod counter;
mod incoming;
mod outgoing;
mod packet;
mod schedule;
mod window;

pub use incoming::{Incoming, Refused};
pub use outgoing::Outgoing;

/// Maximum number of bytes that protection adds to a packet: a tag, and the SRTCP index.
pub const SRTP_BYTES_MAX: usize = 16 + 4;
