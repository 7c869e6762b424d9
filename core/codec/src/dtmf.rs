//! `TouchTones`: finds the digits that a phone sends as tones in its voice (ITU-T Q.23, Q.24), at
//! 8 kHz. Digits in packets of their own (RFC 4733) are `rtp`'s.

use confab_terms::Digit;
use serde::{Deserialize, Serialize};

/// 12.75 ms: of 40 ms, the shortest tone that must count, two blocks lie wholly within, whenever
/// it begins; of 20 ms, which must not count, at most one does.
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

/// Each tone: −36 dBFS. Below, it is somebody's echo.
const TONE_LEAST: f32 = 0.000_25;
/// How much of a block's power the two tones must be: a voice has more beside them.
const PURE_SHARE: f32 = 0.80;
/// The ends of a block, of so many samples, and how much of their share of its power they must
/// have: a tone of 20 ms can fill four fifths of two blocks, but no two of them to both ends.
const END_SAMPLES: usize = 25;
const END_SHARE: f32 = 0.25;
/// How much stronger than the others of its group a tone must be: 8 dB.
const ABOVE_OTHERS: f32 = 6.3;
/// The column may be 6 dB above the row, and 10 dB below (Q.24 asks for 4 and 8 at least).
const COLUMN_ABOVE_MAX: f32 = 4.0;
const COLUMN_BELOW_MAX: f32 = 10.0;
/// Blocks without the tones, after which the same key counts anew: one may be lost on the line.
const GAP_BLOCKS: u8 = 2;

/// One stream's ear for digits.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TouchTones {
    /// What there is of this block.
    block: Block,
    samples: usize,
    /// What the last block held.
    last: Option<char>,
    /// The key that was told and is still down.
    down: Option<char>,
    /// Blocks since that key was last heard.
    missing: u8,
}

/// In rows, as long arrays can't be written out.
type Block = [[i16; 17]; BLOCK_SAMPLES / 17];

impl TouchTones {
    /// Listens to the next samples, 102 at most end a block; the digit that was recognised, once
    /// a press.
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

    /// Whether the last block held a key's tones, or a key is still down: what is heard now is not
    /// for others to hear.
    #[must_use]
    pub fn holds_tones(&self) -> bool {
        self.last.is_some() || self.down.is_some()
    }

    /// Two blocks alike are a press; it lasts until the tones are gone.
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

/// What key a block holds, if any. Every voice without RFC 4733 comes by here, and hardly any
/// block is a key's: so the cheapest question comes first.
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
    // Else no column that is not too loud beside it makes up the share.
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

/// The one tone that stands out of its group.
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

/// A block of each tone of a group: at each sample the four cosines, then the four sines.
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

    /// The amplitude of each tone as a sine, squared.
    fn powers(&self, samples: &[f32; BLOCK_SAMPLES]) -> [f32; 4] {
        // Two sums, so that one addition need not wait for the other.
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

/// Of the rows, and of the columns.
fn waves() -> &'static [Waves; 2] {
    static WAVES: std::sync::LazyLock<[Waves; 2]> =
        std::sync::LazyLock::new(|| [Waves::new(ROWS_HZ), Waves::new(COLUMNS_HZ)]);
    &WAVES
}
