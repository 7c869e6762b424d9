//! Tone before the recording of a caller: a source of a player, computed from its position.

use core::f64::consts::TAU;

use confab_terms::Rate;

/// Length: 300 ms in samples at 8 kHz, whole frames.
const LENGTH: u64 = 2_400;
/// Length of the fade-out: 5 ms in samples at 8 kHz. The player adds the fade-in.
const EDGE: u64 = 40;
const HZ: f64 = 1_000.0;
/// Amplitude of −12 dBFS.
const AMPLITUDE: f64 = 8_231.0;

/// Writes the samples from this position at this rate; returns true if they are the last.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "the amplitude and a few hundred ms are far below the ranges"
)]
pub(crate) fn play(position: u64, rate: Rate, frame: &mut [i16]) -> bool {
    let factor = rate.factor() as u64;
    let begin = position.saturating_mul(factor);
    let (length, edge, hz) = (LENGTH * factor, EDGE * factor, f64::from(rate.hz()));
    for (at, sample) in (begin..).zip(frame.iter_mut()) {
        let fades = length.saturating_sub(at).min(edge) as f64 / edge as f64;
        *sample = ((at as f64 * HZ / hz * TAU).sin() * AMPLITUDE * fades) as i16;
    }
    begin.saturating_add(frame.len() as u64) >= length
}
