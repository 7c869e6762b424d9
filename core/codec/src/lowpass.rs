//! Low-pass filters of the resampler, designed with a Kaiser window. The pass band ends at 85 % of
//! the lower rate's Nyquist frequency. Attenuation is 90 dB from the Nyquist frequency on, which
//! prevents aliasing.

use std::f64::consts::PI;
use std::sync::LazyLock;

use confab_terms::Rate;

/// End of the pass band as a share of the lower rate's Nyquist frequency: 3,400 Hz of 4,000.
const FLAT_SHARE: f64 = 0.85;
/// Stop-band attenuation in dB.
const STOP_DB: f64 = 90.0;

static NARROW_WIDE: LazyLock<LowPass> = LazyLock::new(|| LowPass::design(8_000.0, 2));
static NARROW_FULL: LazyLock<LowPass> = LazyLock::new(|| LowPass::design(8_000.0, 6));
static WIDE_FULL: LazyLock<LowPass> = LazyLock::new(|| LowPass::design(16_000.0, 3));

/// Filter at the higher rate, whole and split into the phases of an interpolation.
#[derive(Debug)]
pub(crate) struct LowPass {
    /// All taps, in reverse; the filter is symmetric, so the order has no effect. The sum is 1.
    taps: Vec<f32>,
    /// Every `factor`-th tap, in reverse, so that the newest sample meets the first tap. The sum of
    /// each phase is 1.
    phases: Vec<Vec<f32>>,
}

impl LowPass {
    /// Returns the filter for two rates; `None` if the rates are equal.
    pub(crate) fn between(from: Rate, to: Rate) -> Option<&'static Self> {
        let (low, high) = (from.min(to), from.max(to));
        match (low, high) {
            (Rate::Hz8000, Rate::Hz16000) => Some(&NARROW_WIDE),
            (Rate::Hz8000, Rate::Hz48000) => Some(&NARROW_FULL),
            (Rate::Hz16000, Rate::Hz48000) => Some(&WIDE_FULL),
            _ => None,
        }
    }

    /// Returns the ratio of the higher to the lower rate.
    pub(crate) fn factor(&self) -> usize {
        self.phases.len()
    }

    pub(crate) fn taps(&self) -> &[f32] {
        &self.taps
    }

    pub(crate) fn phases(&self) -> &[Vec<f32>] {
        &self.phases
    }

    pub(crate) fn phase_taps(&self) -> usize {
        self.taps.len() / self.factor()
    }

    /// Returns half the length of the filter, in samples at the higher rate.
    pub(crate) fn delay_samples(&self) -> usize {
        self.taps.len() / 2
    }

    fn design(low_hz: f64, factor: usize) -> Self {
        let high_hz = low_hz * factor as f64;
        let (flat_hz, stop_hz) = (low_hz / 2.0 * FLAT_SHARE, low_hz / 2.0);
        let fall = 2.0 * PI * (stop_hz - flat_hz) / high_hz;
        let wanted = ((STOP_DB - 7.95) / (2.285 * fall)).ceil() as usize + 1;
        // Whole phases, each of whole lanes.
        let grain = factor * LANES;
        let length = wanted.div_ceil(grain) * grain;
        let cut = f64::midpoint(flat_hz, stop_hz) / high_hz;
        let taps = windowed(length, cut);
        let sum: f64 = taps.iter().sum();
        let phase = |first: usize| {
            let own: Vec<f64> = taps.iter().skip(first).step_by(factor).copied().collect();
            let sum: f64 = own.iter().sum();
            own.iter().rev().map(|tap| (tap / sum) as f32).collect()
        };
        Self {
            phases: (0..factor).map(phase).collect(),
            taps: taps.iter().map(|tap| (tap / sum) as f32).collect(),
        }
    }
}

/// Returns a sinc with a cut-off relative to the rate, under a Kaiser window.
fn windowed(length: usize, cut: f64) -> Vec<f64> {
    let beta = 0.1102 * (STOP_DB - 8.7);
    let middle = (length - 1) as f64 / 2.0;
    let tap = |n: usize| {
        let from_middle = n as f64 - middle;
        let x = 2.0 * PI * cut * from_middle;
        let sinc = if x == 0.0 { 1.0 } else { x.sin() / x };
        let edge = 1.0 - (from_middle / (middle + 0.5)).powi(2);
        sinc * bessel_i0(beta * edge.max(0.0).sqrt()) / bessel_i0(beta)
    };
    (0..length).map(tap).collect()
}

/// Returns the modified Bessel function of the first kind, order 0, computed as a series.
fn bessel_i0(x: f64) -> f64 {
    let mut term = 1.0;
    let mut sum = 1.0;
    for k in 1..64 {
        term *= (x / (2.0 * f64::from(k))).powi(2);
        sum += term;
    }
    sum
}

/// Number of independent partial sums. Float addition is not associative, so the compiler
/// vectorizes only separate sums.
const LANES: usize = 8;

/// Returns the sum of products. Both slices have the same length, a multiple of `LANES`.
pub(crate) fn dot(taps: &[f32], samples: &[i16]) -> f32 {
    let mut sums = [0.0_f32; LANES];
    let chunks = taps.chunks_exact(LANES).zip(samples.chunks_exact(LANES));
    for (taps, samples) in chunks {
        for lane in 0..LANES {
            sums[lane] += taps[lane] * f32::from(samples[lane]);
        }
    }
    sums.iter().sum()
}
