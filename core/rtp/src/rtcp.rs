//! RTCP (RFC 3550 §6): sender and receiver reports, the CNAME, BYE; compound packets built and
//! read. When to send one is for others to say.

mod read;
mod write;

pub use read::{Item, Items, NotRtcp};
pub use write::{write_bye, write_report};

use serde::{Deserialize, Serialize};

/// The five seconds of RFC 3550 §6.2, before they are varied by 0.5 to 1.5.
pub const INTERVAL_MS: u32 = 5_000;
/// What any packet of ours fits in.
pub const PACKET_BYTES_MAX: usize = 512;

const SR: u8 = 200;
const RR: u8 = 201;
const SDES: u8 = 202;
const BYE: u8 = 203;
const CNAME: u8 = 1;

/// What a sender says of its own stream.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SenderInfo {
    /// The time of day: seconds since 1900 and a binary fraction.
    pub ntp: u64,
    /// The same moment on the stream's clock.
    pub rtp_timestamp: u32,
    /// Packets sent.
    pub packets: u32,
    /// Bytes of payload sent.
    pub octets: u32,
}

/// What a receiver says of one stream that it hears.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportBlock {
    /// Which stream.
    pub ssrc: u32,
    /// Lost since the last report, of 256.
    pub fraction_lost: u8,
    /// Lost since the start, 24 bits signed: duplicates count against it.
    pub lost: i32,
    /// Highest sequence number, wraps counted in its upper half.
    pub highest_sequence: u32,
    /// Interarrival jitter in units of the timestamp.
    pub jitter: u32,
    /// The middle of the NTP time of the last sender report; 0 if there was none.
    pub last_sender_report: u32,
    /// Since then, in 1/65536 s.
    pub since_last_sender_report: u32,
}

/// NTP time (RFC 3550 §4) of milliseconds since 1970.
#[must_use]
pub fn ntp_of_unix_ms(ms: i64) -> u64 {
    // 70 years, 17 of them leap years.
    const FROM_1900_S: i64 = 2_208_988_800;
    let seconds = ms.div_euclid(1_000) + FROM_1900_S;
    let fraction = (ms.rem_euclid(1_000) as u64) << 32;
    ((seconds as u64) << 32) | (fraction / 1_000)
}
