//! Audio statistics of a leg, reported at intervals and at its removal. Statistics only: no rule
//! uses them.

use confab_rtp::{JitterBuffer, Reception};
use serde::{Deserialize, Serialize};

use crate::Spread;
use crate::leg::Leg;

/// Number of packets after which the jitter is meaningful: before, its filter dominates.
const SETTLED_PACKETS: u64 = 16;

/// Audio statistics of a leg.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LegFigures {
    /// Number of received voice packets.
    pub packets_in: u64,
    /// Number of received digit packets (RFC 4733).
    pub digit_packets_in: u64,
    /// Number of packets missing from the sequence.
    pub lost: u64,
    /// Number of received packets, or frames of them, that were not played: late, out of sequence,
    /// or too many.
    pub dropped: u64,
    /// Average duration of the audio in a packet.
    pub ptime_ms: u32,
    /// Minimum interarrival jitter (RFC 3550 §6.4.1), once settled.
    pub jitter_ms_min: u32,
    /// Maximum interarrival jitter.
    pub jitter_ms_max: u32,
    /// Maximum number of frames in the jitter buffer.
    pub depth_frames_max: u32,
    /// Number of sent voice packets.
    pub packets_out: u64,
    /// Mean opinion score, in tenths: 10 to 45, 0 without packets. Based on loss alone (ITU-T
    /// G.107); the delay is unknown.
    pub mos_tenths: u8,
    /// Round-trip time from the peer's RTCP reports; `None`: no report yet.
    pub round_trip_ms: Option<Spread>,
    /// Jitter of our stream, measured by the peer.
    pub jitter_out_ms: Option<Spread>,
    /// Number of packets of our stream that did not reach the peer.
    pub lost_out: Option<u32>,
}

/// Counts during the life of a leg.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Heard {
    /// Sum of the durations of packets, in units of the timestamp.
    units: u64,
    packets: u64,
    digit_packets: u64,
    /// Minimum jitter, in units of the timestamp.
    jitter_min: Option<u32>,
    jitter_max: u32,
    depth_ms_max: u32,
}

impl Heard {
    /// Counts a voice packet with its duration.
    pub(crate) fn voice(&mut self, units: u32, reception: &Reception) {
        self.packets += 1;
        self.units += u64::from(units);
        let jitter = reception.jitter();
        self.jitter_max = self.jitter_max.max(jitter);
        if self.packets >= SETTLED_PACKETS {
            self.jitter_min = Some(self.jitter_min.map_or(jitter, |least| least.min(jitter)));
        }
    }

    pub(crate) fn digit(&mut self) {
        self.digit_packets += 1;
    }

    pub(crate) fn waits(&mut self, jitter: &JitterBuffer) {
        self.depth_ms_max = self.depth_ms_max.max(jitter.stats().depth_ms);
    }
}

impl LegFigures {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "milliseconds of one packet"
    )]
    pub(crate) fn of(leg: &Leg) -> Self {
        let (heard, stats) = (&leg.heard, leg.jitter.stats());
        let a_ms = leg.coding.codec().clock_rate() / 1_000;
        let ms = |units: u32| units / a_ms;
        let ptime = heard.units.checked_div(heard.packets).unwrap_or(0);
        let came = stats.received.saturating_sub(stats.duplicated);
        Self {
            packets_in: heard.packets,
            digit_packets_in: heard.digit_packets,
            lost: stats.lost,
            dropped: stats.late + stats.strayed + stats.shrunk,
            ptime_ms: ms(ptime as u32),
            jitter_ms_min: ms(heard.jitter_min.unwrap_or(0)),
            jitter_ms_max: ms(heard.jitter_max),
            depth_frames_max: heard.depth_ms_max.div_ceil(20),
            packets_out: leg.stream.earlier + u64::from(leg.stream.packets),
            mos_tenths: mos_tenths(came, stats.lost + stats.late),
            round_trip_ms: leg.peer_reports.round_trip_ms(),
            jitter_out_ms: leg.peer_reports.jitter_ms(),
            lost_out: leg.peer_reports.lost(),
        }
    }
}

/// Returns the score of the E-model of ITU-T G.107 with default parameters except loss. The codec
/// is G.711 with concealment, whose packet-loss robustness is 25.1 (G.113, Appendix I).
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a share, and a figure from 10 to 45"
)]
fn mos_tenths(came: u64, missed: u64) -> u8 {
    if came == 0 {
        return 0;
    }
    let percent = 100.0 * missed as f64 / (came + missed) as f64;
    let rating = (93.2 - 95.0 * percent / (percent + 25.1)).max(0.0);
    let bend = rating * (rating - 60.0) * (100.0 - rating) * 7e-6;
    let score = 1.0 + 0.035 * rating + bend;
    (score.clamp(1.0, 4.5) * 10.0).round() as u8
}

#[cfg(test)]
mod tests {
    use super::mos_tenths;

    #[test]
    fn what_is_lost_is_heard() {
        assert_eq!(mos_tenths(0, 0), 0);
        assert_eq!(mos_tenths(1_000, 0), 44);
        let scores = [1, 5, 10, 20, 50].map(|lost| mos_tenths(100 - lost, lost));
        assert!(
            scores.windows(2).all(|pair| pair[0] > pair[1]),
            "{scores:?}"
        );
        assert_eq!(mos_tenths(1, 99), 12);
    }
}
