//! A line made of a seed: which packets are lost, in bursts (Gilbert), and how late each comes.

/// What a line does to packets.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Weather {
    pub(crate) loss_percent: u32,
    pub(crate) jitter_ms: u32,
}

/// How likely the end of a burst is after each lost packet: 3.3 are lost in a row.
const BURST_ENDS: f64 = 0.3;
/// When packets leave, against the ticks.
const PHASE_MS: f64 = 7.0;
const SEED: u64 = 0x6a69_7474_6572;

/// When each packet leaves, in milliseconds.
pub(crate) fn leaves(packet: usize) -> f64 {
    PHASE_MS + packet as f64 * 20.0
}

/// Packets that arrive and when, in milliseconds, in that order. A packet takes twice the jitter
/// at the most, and no time at best, so packets overtake each other.
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

/// SplitMix64: small, seeded, the same everywhere.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    /// From 0 to 1.
    pub(crate) fn unit(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^= z >> 31;
        (z >> 11) as f64 / (1u64 << 53) as f64
    }
}
