//! Network conditions derived from a seed: loss in bursts (Gilbert model), and jitter.

/// Conditions of a line.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Weather {
    pub(crate) loss_percent: u32,
    pub(crate) jitter_ms: u32,
}

/// Probability of the end of a burst after each lost packet: 3.3 lost packets on average.
const BURST_ENDS: f64 = 0.3;
/// Offset of the packets' departure from the ticks, in ms.
const PHASE_MS: f64 = 7.0;
const SEED: u64 = 0x6a69_7474_6572;

/// Returns the departure of a packet, in ms.
pub(crate) fn leaves(packet: usize) -> f64 {
    PHASE_MS + packet as f64 * 20.0
}

/// Returns the received packets with their arrival in ms, in order of arrival. A packet's delay is
/// between zero and twice the jitter, so that packets may be reordered.
pub(crate) fn arrivals(weather: Weather, packets: usize) -> Vec<(f64, usize)> {
    let mut dice = Dice(SEED);
    let loss = f64::from(weather.loss_percent) / 100.0;
    let begins = loss * BURST_ENDS / (1.0 - loss);
    let mut bad = false;
    let mut all = Vec::new();
    for packet in 0..packets {
        let (change, late) = (dice.unit(), dice.unit());
        bad = if bad {
            change >= BURST_ENDS
        } else {
            change < begins
        };
        if !bad {
            let late = late * 2.0 * f64::from(weather.jitter_ms);
            all.push((leaves(packet) + late, packet));
        }
    }
    all.sort_by(|a, b| a.0.total_cmp(&b.0));
    all
}

/// Generator SplitMix64: small, seeded, portable.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    /// Returns a number from 0 to 1.
    pub(crate) fn unit(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^= z >> 31;
        (z >> 11) as f64 / (1u64 << 53) as f64
    }
}
