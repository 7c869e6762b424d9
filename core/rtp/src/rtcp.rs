//! RTCP (RFC 3550 §6): sender and receiver reports, CNAME, BYE; writing and parsing of compound
//! packets. The caller schedules the reports.

mod read;
mod write;

pub use read::{Item, Items, NotRtcp};
pub use write::{write_bye, write_report};

use serde::{Deserialize, Serialize};

/// Report interval of RFC 3550 §6.2, before randomization by 0.5 to 1.5.
pub const INTERVAL_MS: u32 = 5_000;
/// Upper bound of the length of a sent RTCP packet.
pub const PACKET_BYTES_MAX: usize = 512;

const SR: u8 = 200;
const RR: u8 = 201;
const SDES: u8 = 202;
const BYE: u8 = 203;
const CNAME: u8 = 1;

/// Sender information of a sender report.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SenderInfo {
    /// NTP time: seconds since 1900 with a binary fraction.
    pub ntp: u64,
    /// RTP timestamp of the same moment.
    pub rtp_timestamp: u32,
    /// Packets sent.
    pub packets: u32,
    /// Payload bytes sent.
    pub octets: u32,
}

/// Receiver's report about one stream.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportBlock {
    /// SSRC of the reported stream.
    pub ssrc: u32,
    /// Fraction lost since the last report, in 1/256.
    pub fraction_lost: u8,
    /// Packets lost since the start, 24 bits signed; duplicates reduce the number.
    pub lost: i32,
    /// Highest sequence number, with the count of wraps in the upper half.
    pub highest_sequence: u32,
    /// Interarrival jitter in timestamp units.
    pub jitter: u32,
    /// Middle 32 bits of the NTP time of the last sender report; 0 without a report.
    pub last_sender_report: u32,
    /// Delay since the last sender report, in 1/65536 s.
    pub since_last_sender_report: u32,
}

/// Converts milliseconds since 1970 to NTP time (RFC 3550 §4).
#[must_use]
pub fn ntp_of_unix_ms(ms: i64) -> u64 {
    // 70 years, of which 17 are leap years.
    const FROM_1900_S: i64 = 2_208_988_800;
    let seconds = ms.div_euclid(1_000) + FROM_1900_S;
    let fraction = (ms.rem_euclid(1_000) as u64) << 32;
    ((seconds as u64) << 32) | (fraction / 1_000)
}
