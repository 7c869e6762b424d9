//! Test sounds for a jitter buffer, encoded by a codec, and measures that detect clicks.
#![allow(
    dead_code,
    unreachable_pub,
    reason = "each test file uses its own part"
)]

use std::f64::consts::TAU;

use confab_codec::{Encoder, OpusSettings};
use confab_terms::Codec;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sound {
    Sine,
    /// Three sines without a common period.
    Sines,
    /// Pulses of a gliding pitch through two moving formants, in syllables without a pause.
    Speech,
}

impl Sound {
    pub const ALL: [Self; 3] = [Self::Sine, Self::Sines, Self::Speech];

    fn hertz(self) -> &'static [f64] {
        match self {
            Self::Sine => &[1_010.0],
            Self::Sines => &[437.0, 1_010.0, 1_733.0],
            Self::Speech => &[],
        }
    }

    pub fn samples(self, rate_hz: u32, count: usize) -> Vec<i16> {
        let rate = f64::from(rate_hz);
        let hertz = self.hertz();
        if hertz.is_empty() {
            return speech(rate, count);
        }
        let level = 9_000.0 / hertz.len() as f64;
        let sample = |n: usize| {
            let sines = hertz.iter().map(|hz| (hz / rate * n as f64 * TAU).sin());
            (sines.sum::<f64>() * level) as i16
        };
        (0..count).map(sample).collect()
    }

    /// Returns `count` packets of 20 ms.
    pub fn payloads(self, codec: Codec, count: usize) -> Vec<Vec<u8>> {
        let frame = codec.rate().frame_samples();
        let samples = self.samples(codec.rate().hz(), count * frame);
        let mut encoder = Encoder::new(codec, OpusSettings::default());
        let mut payload = [0; confab_codec::PAYLOAD_BYTES_MAX];
        let packet = |samples: &[i16]| {
            let n = encoder.encode(samples, &mut payload);
            payload[..n].to_vec()
        };
        samples.chunks_exact(frame).map(packet).collect()
    }

    /// Returns the maximum energy of a frame beside its sines, in decibels of the total.
    pub fn stray_db(self, codec: Codec, samples: &[i16]) -> Option<f64> {
        let hertz = self.hertz();
        if hertz.is_empty() {
            return None;
        }
        let length = codec.rate().frame_samples();
        let basis = basis(hertz, f64::from(codec.rate().hz()), length);
        let stray = |frame: &[i16]| {
            let mut left: Vec<f64> = frame.iter().map(|&s| f64::from(s)).collect();
            let all: f64 = left.iter().map(|s| s * s).sum();
            for wave in &basis {
                let part: f64 = wave.iter().zip(&left).map(|(w, s)| w * s).sum();
                for (wave, left) in wave.iter().zip(&mut left) {
                    *left -= wave * part;
                }
            }
            let rest: f64 = left.iter().map(|s| s * s).sum();
            10.0 * (rest / all.max(1.0)).log10()
        };
        samples.chunks_exact(length).map(stray).reduce(f64::max)
    }
}

/// Returns orthonormal sines and cosines over a frame.
fn basis(hertz: &[f64], rate: f64, length: usize) -> Vec<Vec<f64>> {
    let mut basis: Vec<Vec<f64>> = Vec::new();
    for hz in hertz {
        for quarter in [0.0, 0.25] {
            let wave = |n: usize| ((hz / rate * n as f64 + quarter) * TAU).sin();
            let mut wave: Vec<f64> = (0..length).map(wave).collect();
            for before in &basis {
                let part: f64 = wave.iter().zip(before).map(|(a, b)| a * b).sum();
                for (wave, before) in wave.iter_mut().zip(before) {
                    *wave -= part * before;
                }
            }
            let size = wave.iter().map(|s| s * s).sum::<f64>().sqrt();
            wave.iter_mut().for_each(|s| *s /= size);
            basis.push(wave);
        }
    }
    basis
}

/// Returns the largest second difference, which is greatest at a click.
pub fn sharpest(samples: &[i16]) -> i32 {
    let second = |w: &[i16]| i32::from(w[0]) - 2 * i32::from(w[1]) + i32::from(w[2]);
    let all = samples.windows(3).map(|w| second(w).abs());
    all.max().unwrap_or(0)
}

fn speech(rate: f64, count: usize) -> Vec<i16> {
    let mut turn = 0.0;
    let mut formants = [[0.0; 2]; 2];
    let sample = |n: usize| {
        let s = n as f64 / rate;
        let pitch = 120.0 + 25.0 * (s * 0.3 * TAU).sin() + 15.0 * (s * 0.11 * TAU).sin();
        turn += pitch / rate;
        let pulse = if turn >= 1.0 {
            turn -= 1.0;
            1.0
        } else {
            0.0
        };
        let loudness = 0.65 + 0.35 * (s * 4.0 * TAU).sin();
        let centres = [
            500.0 + 200.0 * (s * 0.9 * TAU).sin(),
            1_500.0 + 400.0 * (s * 0.7 * TAU).sin(),
        ];
        let mut sum = 0.0;
        for (state, centre) in formants.iter_mut().zip(centres) {
            let pole: f64 = (-std::f64::consts::PI * 90.0 / rate).exp();
            let next = pulse + 2.0 * pole * (centre / rate * TAU).cos() * state[0]
                - pole * pole * state[1];
            *state = [next, state[0]];
            sum += next * (centre / rate * TAU).sin();
        }
        (sum * loudness * 7_000.0) as i16
    };
    (0..count).map(sample).collect()
}
