//! The low-pass filters behind the resampler, windowed by Kaiser's formula: flat to 85 % of the
//! lower rate's half, 90 dB down from that half on, so that nothing folds back.

use std::f64::consts::PI;
use std::sync::LazyLock;

use confab_terms::Rate;

/// Of the lower rate's half: where the filter begins to fall. 3,400 Hz of 4,000.
const FLAT_SHARE: f64 = 0.85;
/// How far down it is where it must be.
const STOP_DB: f64 = 90.0;

static NARROW_WIDE: LazyLock<LowPass> = LazyLock::new(|| LowPass::design(8_000.0, 2));
static NARROW_FULL: LazyLock<LowPass> = LazyLock::new(|| LowPass::design(8_000.0, 6));
static WIDE_FULL: LazyLock<LowPass> = LazyLock::new(|| LowPass::design(16_000.0, 3));

/// A filter at the higher rate, whole and cut into the phases of an interpolation.
#[derive(Debug)]
pub(crate) struct LowPass {
    /// The sum is 1. Backwards; the filter is symmetric, so that makes no difference here.
    taps: Vec<f32>,
    /// Every `factor`-th tap, backwards, so that the newest sample meets the first tap. The sum of
    /// each is 1.
    phases: Vec<Vec<f32>>,
}

impl LowPass {
    /// The filter for two rates; `None` where they are one.
    pub(crate) fn between(from: Rate, to: Rate) -> Option<&'static Self> {
        let (low, high) = (from.min(to), from.max(to));
        match (low, high) {
            (Rate::Hz8000, Rate::Hz16000) => Some(&NARROW_WIDE),
            (Rate::Hz8000, Rate::Hz48000) => Some(&NARROW_FULL),
            (Rate::Hz16000, Rate::Hz48000) => Some(&WIDE_FULL),
            _ => None,
        }
    }

    /// Higher rate over lower rate.
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

    /// Half of its length, in samples of the higher rate.
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

/// A sinc of this cut-off (of the rate) under Kaiser's window.
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

/// The modified Bessel function of the first kind, order 0, by its series.
fn bessel_i0(x: f64) -> f64 {
    let mut term = 1.0;
    let mut sum = 1.0;
    for k in 1..64 {
        term *= (x / (2.0 * f64::from(k))).powi(2);
        sum += term;
    }
    sum
}

/// Sums kept side by side, so that the compiler may use vectors: float addition does not commute.
const LANES: usize = 8;

/// The sum of the products; both of one length, a multiple of `LANES`.
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
