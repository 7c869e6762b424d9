//! Reception statistics of a stream for RTCP reports (RFC 3550 A.3 and A.8). Packets are not
//! filtered here: the jitter buffer has separate rules for playable packets.

use confab_terms::Instant;
use serde::{Deserialize, Serialize};

use crate::Header;
use crate::rtcp::ReportBlock;

/// Counters of one stream; reset by a new SSRC.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reception {
    clock_rate: u32,
    stream: Option<Stream>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Stream {
    ssrc: u32,
    first: u64,
    /// Highest sequence number with the count of wraps, which starts at 1 so that a reordered first
    /// packet fits.
    highest: u64,
    received: u64,
    expected_before: u64,
    received_before: u64,
    transit: u32,
    /// Sixteen times the jitter, as in A.8.
    jitter_16: u32,
    /// Expected successor of a packet far out of sequence.
    stray_next: Option<u16>,
    report: Option<SenderReportSeen>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct SenderReportSeen {
    middle_ntp: u32,
    at: Instant,
}

// Limits of RFC 3550 A.1.
const DROPOUT_MAX: u16 = 3_000;
const MISORDER_MAX: u16 = 100;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Taken {
    Counted,
    /// The sequence jumped for the first time: possibly junk.
    Strayed,
    /// The sequence continued after a jump: the sender has restarted.
    Restarted,
}

impl Reception {
    /// Creates empty counters.
    #[must_use]
    pub fn new(clock_rate: u32) -> Self {
        Self {
            clock_rate,
            stream: None,
        }
    }

    /// Counts a received voice packet.
    pub fn packet(&mut self, now: Instant, header: &Header) {
        // The clock is converted to timestamp units; only differences matter.
        let ticks = u128::from(now.0) * u128::from(self.clock_rate) / 1_000_000_000;
        let transit = (ticks as u32).wrapping_sub(header.timestamp);
        let same = self
            .stream
            .as_mut()
            .filter(|stream| stream.ssrc == header.ssrc);
        if same.is_none_or(|stream| stream.take(header, transit) == Taken::Restarted) {
            self.stream = Some(Stream::begin(header, transit));
        }
    }

    /// Notes a sender report of the peer, to which the next report block refers.
    pub fn sender_report(&mut self, now: Instant, ssrc: u32, ntp: u64) {
        if let Some(stream) = self.stream.as_mut().filter(|s| s.ssrc == ssrc) {
            stream.report = Some(SenderReportSeen {
                middle_ntp: (ntp >> 16) as u32,
                at: now,
            });
        }
    }

    /// Returns the interarrival jitter (§6.4.1) in timestamp units.
    #[must_use]
    pub fn jitter(&self) -> u32 {
        self.stream
            .as_ref()
            .map_or(0, |stream| stream.jitter_16 >> 4)
    }

    /// Returns the block for the next report; `None` if no packet was received. Starts a new
    /// interval for the fraction lost.
    pub fn report_block(&mut self, now: Instant) -> Option<ReportBlock> {
        let stream = self.stream.as_mut()?;
        let expected = stream.highest - stream.first + 1;
        let lost = expected as i64 - stream.received as i64;
        let expected_now = expected - stream.expected_before;
        let received_now = stream.received - stream.received_before;
        stream.expected_before = expected;
        stream.received_before = stream.received;
        let lost_now = expected_now.saturating_sub(received_now);
        let fraction = (lost_now << 8).checked_div(expected_now).unwrap_or(0);
        let (last, delay) = match stream.report {
            None => (0, 0),
            Some(seen) => {
                let waited = now.saturating_since(seen.at).as_nanos();
                (
                    seen.middle_ntp,
                    u32::try_from((waited << 16) / 1_000_000_000).unwrap_or(u32::MAX),
                )
            }
        };
        Some(ReportBlock {
            ssrc: stream.ssrc,
            fraction_lost: fraction.min(255) as u8,
            lost: lost.clamp(-0x80_0000, 0x7f_ffff) as i32,
            highest_sequence: (stream.highest - 0x1_0000) as u32,
            jitter: stream.jitter_16 >> 4,
            last_sender_report: last,
            since_last_sender_report: delay,
        })
    }
}

impl Stream {
    fn begin(header: &Header, transit: u32) -> Self {
        let sequence = 0x1_0000 + u64::from(header.sequence);
        Self {
            ssrc: header.ssrc,
            first: sequence,
            highest: sequence,
            received: 1,
            expected_before: 0,
            received_before: 0,
            transit,
            jitter_16: 0,
            stray_next: None,
            report: None,
        }
    }

    fn take(&mut self, header: &Header, transit: u32) -> Taken {
        let ahead = header.sequence.wrapping_sub(self.highest as u16);
        if ahead < DROPOUT_MAX {
            self.highest += u64::from(ahead);
        } else if ahead < u16::MAX - MISORDER_MAX {
            let expected = self.stray_next.replace(header.sequence.wrapping_add(1));
            let twice = expected == Some(header.sequence);
            return if twice {
                Taken::Restarted
            } else {
                Taken::Strayed
            };
        }
        self.stray_next = None;
        self.received += 1;
        let difference = (transit.wrapping_sub(self.transit) as i32).unsigned_abs();
        self.transit = transit;
        // A jump of the timestamp is not jitter; differences are limited to 48,000 units (1 s at 48
        // kHz).
        let difference = difference.min(48_000);
        self.jitter_16 = (self.jitter_16 + difference).saturating_sub((self.jitter_16 + 8) >> 4);
        Taken::Counted
    }
}
