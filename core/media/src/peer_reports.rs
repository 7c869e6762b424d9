//! Reception of our stream as the peer reports it (RFC 3550 §6.4): round-trip time, jitter, loss.

use confab_rtp::rtcp::ReportBlock;
use serde::{Deserialize, Serialize};

/// Maximum plausible round-trip time; a longer one is a wrong clock or a wrong report.
const ROUND_TRIP_MS_MAX: u32 = 60_000;

/// Minimum, maximum and average in milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spread {
    /// Minimum.
    pub min: u32,
    /// Maximum.
    pub max: u32,
    /// Average.
    pub avg: u32,
}

/// Sum of reported values, with minimum and maximum.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Values {
    count: u64,
    sum: u64,
    min: u32,
    max: u32,
}

impl Values {
    fn add(&mut self, value: u32) {
        self.min = if self.count == 0 {
            value
        } else {
            self.min.min(value)
        };
        self.max = self.max.max(value);
        self.count += 1;
        self.sum += u64::from(value);
    }

    fn spread(&self) -> Option<Spread> {
        let avg = self.sum.checked_div(self.count)?;
        Some(Spread {
            min: self.min,
            max: self.max,
            avg: u32::try_from(avg).unwrap_or(self.max),
        })
    }
}

/// Reports of a leg's peer.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct PeerReports {
    /// Last report block.
    pub(crate) last: Option<ReportBlock>,
    round_trip_ms: Values,
    jitter_ms: Values,
}

impl PeerReports {
    /// Processes a report on our stream. `ntp`: current time; `clock_rate`: clock rate of our
    /// stream in Hz.
    pub(crate) fn take(&mut self, block: ReportBlock, ntp: u64, clock_rate: u32) {
        self.last = Some(block);
        let ms = u64::from(block.jitter) * 1_000 / u64::from(clock_rate.max(1));
        self.jitter_ms.add(u32::try_from(ms).unwrap_or(u32::MAX));
        if block.last_sender_report != 0 {
            let middle = (ntp >> 16) as u32;
            let passed = middle.wrapping_sub(block.last_sender_report);
            // Rounding of the peer's clock may make a short round trip negative.
            let way = passed.saturating_sub(block.since_last_sender_report);
            let ms = (u64::from(way) * 1_000) >> 16;
            if let Some(ms) = u32::try_from(ms).ok().filter(|ms| *ms <= ROUND_TRIP_MS_MAX) {
                self.round_trip_ms.add(ms);
            }
        }
    }

    pub(crate) fn round_trip_ms(&self) -> Option<Spread> {
        self.round_trip_ms.spread()
    }

    pub(crate) fn jitter_ms(&self) -> Option<Spread> {
        self.jitter_ms.spread()
    }

    /// Returns the number of packets of our stream that did not reach the peer.
    pub(crate) fn lost(&self) -> Option<u32> {
        let lost = self.last?.lost;
        Some(u32::try_from(lost).unwrap_or(0))
    }
}

#[cfg(test)]
mod tests {
    use confab_rtp::rtcp::{ReportBlock, ntp_of_unix_ms};

    use super::{PeerReports, Spread};

    #[test]
    fn reports_give_round_trip_jitter_and_loss() {
        let mut reports = PeerReports::default();
        assert_eq!(reports.round_trip_ms(), None);
        assert_eq!((reports.jitter_ms(), reports.lost()), (None, None));
        let at = 1_794_918_896_000;
        let sent = (ntp_of_unix_ms(at) >> 16) as u32;
        for (way_ms, jitter, lost) in [(40, 80, 1), (20, 8, -3), (90, 160, 7)] {
            let block = ReportBlock {
                jitter,
                lost,
                last_sender_report: sent,
                // Half a second at the peer, in units of 1/65,536 s.
                since_last_sender_report: 0x8000,
                ..ReportBlock::default()
            };
            reports.take(block, ntp_of_unix_ms(at + 500 + way_ms), 8_000);
        }
        let way = reports.round_trip_ms().expect("three reports");
        let near = |value: u32, expected: u32| value.abs_diff(expected) <= 1;
        assert!(
            near(way.min, 20) && near(way.max, 90) && near(way.avg, 50),
            "{way:?}"
        );
        let jitter = Spread {
            min: 1,
            max: 20,
            avg: 10,
        };
        assert_eq!(
            (reports.jitter_ms(), reports.lost()),
            (Some(jitter), Some(7))
        );
    }

    #[test]
    fn a_report_without_a_sender_report_or_from_a_wrong_clock_has_no_round_trip() {
        let mut reports = PeerReports::default();
        let ntp = ntp_of_unix_ms(1_794_918_896_000);
        reports.take(ReportBlock::default(), ntp, 8_000);
        let wrong = ReportBlock {
            last_sender_report: ((ntp >> 16) as u32).wrapping_add(0x4000_0000),
            ..ReportBlock::default()
        };
        reports.take(wrong, ntp, 8_000);
        assert_eq!(reports.round_trip_ms(), None);
    }
}
