//! `TouchTones`: detector of in-band DTMF digits (ITU-T Q.23, Q.24) at 8 kHz. Digits in RFC 4733
//! events are handled by the `rtp` crate.

use confab_terms::Digit;
use serde::{Deserialize, Serialize};

/// Length of a block: 12.75 ms. A tone of 40 ms, the shortest that must count, contains two whole
/// blocks at any offset. A tone of 20 ms, which must not count, contains at most one.
const BLOCK_SAMPLES: usize = 102;
const RATE_HZ: f32 = 8_000.0;

const ROWS_HZ: [f32; 4] = [697.0, 770.0, 852.0, 941.0];
const COLUMNS_HZ: [f32; 4] = [1_209.0, 1_336.0, 1_477.0, 1_633.0];
const KEYS: [[char; 4]; 4] = [
    ['1', '2', '3', 'A'],
    ['4', '5', '6', 'B'],
    ['7', '8', '9', 'C'],
    ['*', '0', '#', 'D'],
];

/// Minimum power of each tone: −36 dBFS. A weaker tone is an echo.
const TONE_LEAST: f32 = 0.000_25;
/// Minimum share of the two tones in a block's power: voice has more power beside the tones.
const PURE_SHARE: f32 = 0.80;
/// Number of samples at each end of a block, and their minimum share of the mean power. A tone of
/// 20 ms can fill four fifths of two blocks, but not both ends of both.
const END_SAMPLES: usize = 25;
const END_SHARE: f32 = 0.25;
/// Minimum ratio of a tone's power to the other tones of its group: 8 dB.
const ABOVE_OTHERS: f32 = 6.3;
/// The column may be 6 dB above the row, and 10 dB below (Q.24 requires at least 4 and 8).
const COLUMN_ABOVE_MAX: f32 = 4.0;
const COLUMN_BELOW_MAX: f32 = 10.0;
/// Number of blocks without the tones after which the same digit counts again; a single block may
/// be lost on the line.
const GAP_BLOCKS: u8 = 2;

/// DTMF detector of one stream.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TouchTones {
    /// Samples of the current block.
    block: Block,
    samples: usize,
    /// Digit of the previous block.
    last: Option<char>,
    /// Digit that was reported and is still pressed.
    down: Option<char>,
    /// Number of blocks since that digit was last detected.
    missing: u8,
}

/// A block in rows, since serde does not support long arrays.
type Block = [[i16; 17]; BLOCK_SAMPLES / 17];

impl TouchTones {
    /// Processes the next samples; at most 102 of them complete a block. Returns a detected digit,
    /// once per press.
    pub fn hear(&mut self, mut samples: &[i16]) -> Option<Digit> {
        let mut found = None;
        while !samples.is_empty() {
            let room = &mut self.block.as_flattened_mut()[self.samples..];
            let (now, later) = samples.split_at(room.len().min(samples.len()));
            room[..now.len()].copy_from_slice(now);
            self.samples += now.len();
            samples = later;
            if self.samples == BLOCK_SAMPLES {
                self.samples = 0;
                let key = key_of(self.block.as_flattened());
                found = self.follow(key).or(found);
            }
        }
        found
    }

    /// Returns whether the last block held a digit's tones, or a digit is still pressed. The tones
    /// are to be suppressed in the room.
    #[must_use]
    pub fn holds_tones(&self) -> bool {
        self.last.is_some() || self.down.is_some()
    }

    /// Tracks the digit of a block: two equal blocks are a press, which lasts until the tones end.
    fn follow(&mut self, key: Option<char>) -> Option<Digit> {
        let twice = key.filter(|key| self.last == Some(*key));
        self.last = key;
        if key.is_some() && key == self.down {
            self.missing = 0;
            return None;
        }
        if let Some(key) = twice {
            self.down = Some(key);
            self.missing = 0;
            return Some(Digit(key));
        }
        self.missing = self.missing.saturating_add(1);
        if self.missing >= GAP_BLOCKS {
            self.down = None;
        }
        None
    }
}

/// Returns the digit that a block holds, if any. The cheapest check comes first, since all voice
/// without RFC 4733 is examined and digits are rare.
fn key_of(block: &[i16]) -> Option<char> {
    let mut samples = [0.0; BLOCK_SAMPLES];
    for (sample, &heard) in samples.iter_mut().zip(block) {
        *sample = f32::from(heard) / 32_768.0;
    }
    let energy = energy_of(&samples);
    let power = 2.0 * energy / BLOCK_SAMPLES as f32;
    if power < TONE_LEAST {
        return None;
    }
    let [rows, columns] = waves();
    let (row, row_power) = strongest(&rows.powers(&samples))?;
    // A column within the permitted twist could not make up the required share.
    if row_power * (1.0 + COLUMN_ABOVE_MAX) < power * PURE_SHARE {
        return None;
    }
    let (column, column_power) = strongest(&columns.powers(&samples))?;
    let twisted =
        column_power > row_power * COLUMN_ABOVE_MAX || row_power > column_power * COLUMN_BELOW_MAX;
    let pure = row_power + column_power >= power * PURE_SHARE;
    let end_least = energy * END_SHARE * END_SAMPLES as f32 / BLOCK_SAMPLES as f32;
    let whole = [
        &samples[..END_SAMPLES],
        &samples[BLOCK_SAMPLES - END_SAMPLES..],
    ]
    .into_iter()
    .all(|end| energy_of(end) >= end_least);
    (pure && whole && !twisted).then(|| KEYS[row][column])
}

fn energy_of(samples: &[f32]) -> f32 {
    samples.iter().map(|sample| sample * sample).sum()
}

/// Returns the index and power of the tone that exceeds the others of its group.
fn strongest(tones: &[f32]) -> Option<(usize, f32)> {
    let (at, power) = tones
        .iter()
        .copied()
        .enumerate()
        .max_by(|a, b| a.1.total_cmp(&b.1))?;
    let alone = |(n, other): (usize, &f32)| n == at || power > other * ABOVE_OTHERS;
    let stands_out = tones.iter().enumerate().all(alone);
    (power >= TONE_LEAST && stands_out).then_some((at, power))
}

/// One block of each tone of a group: at each sample the four cosines, then the four sines.
struct Waves([[f32; 8]; BLOCK_SAMPLES]);

impl Waves {
    fn new(tones_hz: [f32; 4]) -> Self {
        let mut waves = [[0.0; 8]; BLOCK_SAMPLES];
        for (n, at) in waves.iter_mut().enumerate() {
            for (tone, hz) in tones_hz.into_iter().enumerate() {
                let angle = core::f32::consts::TAU * hz / RATE_HZ * n as f32;
                (at[tone], at[tone + 4]) = (angle.cos(), angle.sin());
            }
        }
        Self(waves)
    }

    /// Returns the squared amplitude of each tone as a sine.
    fn powers(&self, samples: &[f32; BLOCK_SAMPLES]) -> [f32; 4] {
        // Two sums, so that additions do not depend on each other.
        let (mut even, mut odd) = ([0.0; 8], [0.0; 8]);
        for (waves, samples) in self.0.chunks_exact(2).zip(samples.chunks_exact(2)) {
            for n in 0..8 {
                even[n] += waves[0][n] * samples[0];
                odd[n] += waves[1][n] * samples[1];
            }
        }
        core::array::from_fn(|tone| {
            let (cosine, sine) = (even[tone] + odd[tone], even[tone + 4] + odd[tone + 4]);
            (cosine * cosine + sine * sine) * (2.0 / BLOCK_SAMPLES as f32).powi(2)
        })
    }
}

/// Returns the waves of the rows and of the columns.
fn waves() -> &'static [Waves; 2] {
    static WAVES: std::sync::LazyLock<[Waves; 2]> =
        std::sync::LazyLock::new(|| [Waves::new(ROWS_HZ), Waves::new(COLUMNS_HZ)]);
    &WAVES
}
