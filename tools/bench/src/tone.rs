//! Detector of the tone in a frame: presence and phase.

use std::f64::consts::{PI, TAU};

use crate::voices::{TONE_AMPLITUDE, TONE_HZ};

/// Number of parallel sums, for vectorization by the compiler.
const LANES: usize = 8;
/// Minimum jump of the phase in radians: an omitted or repeated frame makes a jump of 1.26.
const JUMP: f64 = 0.5;

/// Reference of the tone for a frame at a rate.
pub(crate) struct Tone {
    cos: Vec<f32>,
    sin: Vec<f32>,
    advance: f64,
}

/// Tone in a frame.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Found {
    pub(crate) is_there: bool,
    phase: f64,
}

impl Tone {
    pub(crate) fn new(rate_hz: u32, frame: usize) -> Self {
        let turn = TAU * TONE_HZ / f64::from(rate_hz);
        let wave = |of: fn(f64) -> f64| (0..frame).map(|n| of(turn * n as f64) as f32).collect();
        Self {
            cos: wave(f64::cos),
            sin: wave(f64::sin),
            advance: turn * frame as f64,
        }
    }

    pub(crate) fn find(&self, samples: &[i16]) -> Found {
        let (mut real, mut imaginary) = ([0f32; LANES], [0f32; LANES]);
        let waves = self
            .cos
            .chunks_exact(LANES)
            .zip(self.sin.chunks_exact(LANES));
        for (part, (cos, sin)) in samples.chunks_exact(LANES).zip(waves) {
            for lane in 0..LANES {
                let sample = f32::from(part[lane]);
                real[lane] += sample * cos[lane];
                imaginary[lane] -= sample * sin[lane];
            }
        }
        let sum = |lanes: [f32; LANES]| f64::from(lanes.iter().sum::<f32>());
        let (real, imaginary) = (sum(real), sum(imaginary));
        let scale = 2.0 / (samples.len().max(1) as f64 * 32_768.0);
        Found {
            is_there: real.hypot(imaginary) * scale > TONE_AMPLITUDE / 2.0,
            phase: imaginary.atan2(real),
        }
    }

    /// Returns whether the phase of `next` does not continue that of the preceding frame `last`.
    pub(crate) fn jumps(&self, last: Found, next: Found) -> bool {
        let off = next.phase - last.phase - self.advance;
        (off - TAU * (off / TAU).round()).clamp(-PI, PI).abs() > JUMP
    }
}
