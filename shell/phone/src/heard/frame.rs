//! Packets as frames of samples, and the level of a frequency in a frame.

use std::f64::consts::TAU;

use confab_terms::{Codec, Instant, Rate};

use crate::ear::Ear;
use crate::tape::Packet;

/// Decoded samples of a packet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// Time of arrival of the packet.
    pub arrived: Instant,
    /// RTP sequence number.
    pub sequence: u16,
    /// RTP timestamp.
    pub timestamp: u32,
    /// Codec of the packet.
    pub codec: Codec,
    /// Samples at the rate of the codec.
    pub samples: Vec<i16>,
}

impl Frame {
    /// Returns the level of a sine of this frequency, in dBFS; 0 is a full-scale sine.
    #[must_use]
    pub fn level(&self, hz: f64) -> f64 {
        level_at(self.codec.rate(), &self.samples, hz)
    }

    /// Returns the duration of the frame in units of the RTP clock.
    pub(crate) fn units(&self) -> u32 {
        let samples = self.samples.len() as u64 * u64::from(self.codec.clock_rate());
        u32::try_from(samples / u64::from(self.codec.rate().hz())).unwrap_or(u32::MAX)
    }
}

/// Decodes the packets that carry voice, in the order of arrival. The stream begins with the first
/// packet.
#[must_use]
pub fn frames(packets: &[Packet]) -> Vec<Frame> {
    frames_by(&mut Ear::default(), packets)
}

/// Decodes packets like `frames`, with a decoder that has decoded the earlier ones.
pub(crate) fn frames_by(ear: &mut Ear, packets: &[Packet]) -> Vec<Frame> {
    let mut frame = |packet: &Packet| {
        Some(Frame {
            arrived: packet.arrived,
            sequence: packet.sequence,
            timestamp: packet.timestamp,
            codec: packet.codec?,
            samples: ear.hear(packet)?,
        })
    };
    packets.iter().filter_map(&mut frame).collect()
}

/// Returns the level of a sine of this frequency in samples at 8 kHz, in dBFS; 0 is a full-scale
/// sine. Goertzel algorithm with a Hann window: in 20 ms, frequencies at a distance of 150 Hz or
/// more do not count.
#[must_use]
pub fn level(samples: &[i16], hz: f64) -> f64 {
    level_at(Rate::Hz8000, samples, hz)
}

#[allow(clippy::cast_precision_loss, reason = "counts of samples are small")]
fn level_at(rate: Rate, samples: &[i16], hz: f64) -> f64 {
    let (re, im) = project(rate, samples, hz);
    // A sine of peak A gives A/2 times the mean of the window, 1/2.
    let peak = 4.0 * re.hypot(im) / samples.len().max(1) as f64;
    20.0 * (peak / 32_767.0).max(1e-6).log10()
}

/// Returns the sum of the windowed samples, turned back by `hz`.
#[allow(clippy::cast_precision_loss, reason = "counts of samples are small")]
pub(crate) fn project(rate: Rate, samples: &[i16], hz: f64) -> (f64, f64) {
    let length = samples.len() as f64;
    let (mut re, mut im) = (0.0, 0.0);
    for (n, &sample) in samples.iter().enumerate() {
        let n = n as f64;
        let window = 0.5 - 0.5 * (TAU * (n + 0.5) / length).cos();
        let turn = TAU * hz * n / f64::from(rate.hz());
        re += f64::from(sample) * window * turn.cos();
        im -= f64::from(sample) * window * turn.sin();
    }
    (re, im)
}
