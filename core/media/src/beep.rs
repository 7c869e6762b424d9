//! The tone that asks a caller to speak: a source that a player plays, known by its position.

use core::f64::consts::TAU;

use confab_terms::Rate;

/// 300 ms at 8 kHz, whole frames.
const LENGTH: u64 = 2_400;
/// How long it takes to fade: 5 ms. A player swells by itself.
const EDGE: u64 = 40;
const HZ: f64 = 1_000.0;
/// −12 dBFS.
const AMPLITUDE: f64 = 8_231.0;

/// Its samples from this position on; whether they are its last.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "the amplitude and a few hundred ms are far below the ranges"
)]
pub(crate) fn play(position: u64, frame: &mut [i16]) -> bool {
    let rate = f64::from(Rate::Hz8000.hz());
    for (at, sample) in (position..).zip(frame.iter_mut()) {
        let fades = LENGTH.saturating_sub(at).min(EDGE) as f64 / EDGE as f64;
        *sample = ((at as f64 * HZ / rate * TAU).sin() * AMPLITUDE * fades) as i16;
    }
    position.saturating_add(frame.len() as u64) >= LENGTH
}
