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
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TouchTones {
    /// Of this block; row tones, then column tones. Two numbers each (Goertzel).
    resonators: [(f32, f32); 8],
    power: f32,
    /// Of both ends.
    ends: [f32; 2],
    samples: usize,
    /// What the last block held.
    last: Option<char>,
    /// The key that was told and is still down.
    down: Option<char>,
    /// Blocks since that key was last heard.
    missing: u8,
}

impl Default for TouchTones {
    fn default() -> Self {
        Self {
            resonators: [(0.0, 0.0); 8],
            power: 0.0,
            ends: [0.0; 2],
            samples: 0,
            last: None,
            down: None,
            missing: 0,
        }
    }
}

impl TouchTones {
    /// Listens to the next samples, 102 at most end a block; the digit that was recognised, once
    /// a press.
    pub fn hear(&mut self, samples: &[i16]) -> Option<Digit> {
        let mut found = None;
        for &sample in samples {
            self.take(f32::from(sample) / 32_768.0);
            if self.samples == BLOCK_SAMPLES {
                let key = self.end_block();
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

    fn take(&mut self, sample: f32) {
        for ((one, two), step) in self.resonators.iter_mut().zip(steps()) {
            let next = sample + step * *one - *two;
            *two = *one;
            *one = next;
        }
        let power = sample * sample;
        self.power += power;
        if self.samples < END_SAMPLES {
            self.ends[0] += power;
        }
        self.samples += 1;
        if self.samples > BLOCK_SAMPLES - END_SAMPLES {
            self.ends[1] += power;
        }
    }

    /// What key this block holds, if any.
    fn end_block(&mut self) -> Option<char> {
        let mut tones = [0.0; 8];
        for ((tone, (one, two)), step) in tones.iter_mut().zip(self.resonators).zip(steps()) {
            // The amplitude of a sine, squared.
            let energy = one * one + two * two - step * one * two;
            *tone = energy * (2.0 / BLOCK_SAMPLES as f32).powi(2);
        }
        let power = 2.0 * self.power / BLOCK_SAMPLES as f32;
        let end_least = self.power * END_SHARE * END_SAMPLES as f32 / BLOCK_SAMPLES as f32;
        let whole = self.ends.iter().all(|end| *end >= end_least);
        self.resonators = [(0.0, 0.0); 8];
        self.power = 0.0;
        self.ends = [0.0; 2];
        self.samples = 0;
        let (rows, columns) = tones.split_at(4);
        let (row, row_power) = strongest(rows)?;
        let (column, column_power) = strongest(columns)?;
        let twisted = column_power > row_power * COLUMN_ABOVE_MAX
            || row_power > column_power * COLUMN_BELOW_MAX;
        let pure = row_power + column_power >= power * PURE_SHARE;
        (pure && whole && !twisted).then(|| KEYS[row][column])
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

/// 2 cos ω of each tone.
fn steps() -> [f32; 8] {
    static STEPS: std::sync::LazyLock<[f32; 8]> = std::sync::LazyLock::new(|| {
        let step = |hz: f32| 2.0 * (core::f32::consts::TAU * hz / RATE_HZ).cos();
        let [a, b, c, d] = ROWS_HZ.map(step);
        let [e, f, g, h] = COLUMNS_HZ.map(step);
        [a, b, c, d, e, f, g, h]
    });
    *STEPS
}
