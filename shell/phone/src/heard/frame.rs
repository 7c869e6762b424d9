//! Packets as frames of samples, and the level of one frequency in a frame.

use std::f64::consts::TAU;

use confab_terms::Instant;

use crate::ear::Packet;

/// The samples of one packet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// When the packet arrived.
    pub arrived: Instant,
    /// Its RTP sequence number.
    pub sequence: u16,
    /// Its RTP timestamp.
    pub timestamp: u32,
    /// At 8 kHz.
    pub samples: Vec<i16>,
}

/// The packets that carry voice, decoded, in the order of arrival.
#[must_use]
pub fn frames(packets: &[Packet]) -> Vec<Frame> {
    packets
        .iter()
        .filter_map(|packet| {
            Some(Frame {
                arrived: packet.arrived,
                sequence: packet.sequence,
                timestamp: packet.timestamp,
                samples: packet.decode()?,
            })
        })
        .collect()
}

/// The level of a sine of this frequency in these samples: 0 dBFS is the loudest sine there is.
/// Hann-windowed Goertzel: frequencies 150 Hz and more away do not count in 20 ms.
#[must_use]
#[allow(clippy::cast_precision_loss, reason = "counts of samples are small")]
pub fn level(samples: &[i16], hz: f64) -> f64 {
    let (re, im) = project(samples, hz);
    // A sine of peak A gives A/2 times the window's mean of 1/2.
    let peak = 4.0 * re.hypot(im) / samples.len().max(1) as f64;
    20.0 * (peak / 32_767.0).max(1e-6).log10()
}

/// The sum of the windowed samples turned back by `hz`.
#[allow(clippy::cast_precision_loss, reason = "counts of samples are small")]
pub(crate) fn project(samples: &[i16], hz: f64) -> (f64, f64) {
    let length = samples.len() as f64;
    let (mut re, mut im) = (0.0, 0.0);
    for (n, &sample) in samples.iter().enumerate() {
        let n = n as f64;
        let window = 0.5 - 0.5 * (TAU * (n + 0.5) / length).cos();
        let turn = TAU * hz * n / 8_000.0;
        re += f64::from(sample) * window * turn.cos();
        im -= f64::from(sample) * window * turn.sin();
    }
    (re, im)
}
