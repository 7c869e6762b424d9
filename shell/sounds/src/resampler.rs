//! Sample-rate conversion of mono audio from any rate to a `Rate`: a windowed sinc, tabulated for
//! 512 phases between two input samples. Phases are interpolated, so that one code path serves
//! every ratio.

use std::f64::consts::PI;
use std::sync::Arc;

use confab_terms::Rate;

use crate::limits::{RATE_MAX, RATE_MIN};

/// Phases between two input samples. Linear interpolation between phases has an error of -106 dB.
const PHASES: usize = 512;
/// Edges of pass band and stop band, as parts of the lower rate: 3,400 and 4,000 Hz of 8 kHz.
const PASS: f64 = 0.425;
const STOP: f64 = 0.5;
/// Kaiser window for 70 dB in the stop band: shape, and length times transition width.
const KAISER_BETA: f64 = 6.755;
const KAISER_WIDTH: f64 = 4.32;

/// Tabulated filter from one rate to another.
#[derive(Debug)]
pub(crate) struct Filter {
    rate: u32,
    to: Rate,
    taps: usize,
    /// Table of `PHASES + 1` rows of `taps`.
    table: Vec<f32>,
}

impl Filter {
    pub(crate) fn new(rate: u32, to: Rate) -> Self {
        let rate = rate.clamp(RATE_MIN, RATE_MAX);
        let scale = f64::from(rate.min(to.hz())) / f64::from(rate);
        let half = (KAISER_WIDTH / ((STOP - PASS) * scale) / 2.0).ceil();
        let cutoff = (PASS + STOP) * scale;
        let taps = 2 * half as usize;
        let mut table = Vec::with_capacity((PHASES + 1) * taps);
        for phase in 0..=PHASES {
            let begin = table.len();
            let shift = phase as f64 / PHASES as f64;
            for tap in 0..taps {
                // Distance from the tap to the output sample, in input samples.
                let distance = tap as f64 - (half - 1.0) - shift;
                table.push(weight(distance, half, cutoff) as f32);
            }
            // Each phase passes a constant unchanged.
            let sum: f32 = table[begin..].iter().sum();
            table[begin..].iter_mut().for_each(|weight| *weight /= sum);
        }
        Self {
            rate,
            to,
            taps,
            table,
        }
    }

    pub(crate) fn is_between(&self, rate: u32, to: Rate) -> bool {
        (self.rate, self.to) == (rate, to)
    }

    /// Returns the number of input samples on each side that contribute to an output sample.
    pub(crate) fn reach(&self) -> usize {
        self.taps / 2
    }
}

fn weight(distance: f64, half: f64, cutoff: f64) -> f64 {
    let place = distance / half;
    if place.abs() >= 1.0 {
        return 0.0;
    }
    let window = bessel(KAISER_BETA * (1.0 - place * place).sqrt()) / bessel(KAISER_BETA);
    let angle = PI * cutoff * distance;
    let sinc = if angle.abs() < 1e-9 {
        1.0
    } else {
        angle.sin() / angle
    };
    cutoff * sinc * window
}

/// Returns the modified Bessel function of the first kind, order zero.
fn bessel(x: f64) -> f64 {
    let (mut sum, mut term) = (1.0, 1.0);
    for k in 1..30 {
        let factor = x / (2.0 * f64::from(k));
        term *= factor * factor;
        sum += term;
    }
    sum
}

/// Sample-rate converter of one stream. The first output sample is at the time of the first input
/// sample, and the output is as long as the input.
#[derive(Debug)]
pub struct Resampler {
    filter: Arc<Filter>,
    /// Input that is still needed, preceded by zeros before the beginning.
    kept: Vec<f32>,
    /// Position in `kept` of the first tap of the next output sample: whole samples, and a fraction
    /// whose denominator is the output rate.
    at: usize,
    fraction: u32,
    taken: u64,
    made: u64,
}

impl Resampler {
    /// Creates a converter from a rate, which is clamped to the limits, to `to`.
    #[must_use]
    pub fn new(rate: u32, to: Rate) -> Self {
        Self::with(Arc::new(Filter::new(rate, to)))
    }

    pub(crate) fn with(filter: Arc<Filter>) -> Self {
        let kept = vec![0.0; filter.taps / 2 - 1];
        Self {
            filter,
            kept,
            at: 0,
            fraction: 0,
            taken: 0,
            made: 0,
        }
    }

    /// Converts mono samples in -1..1, and appends the result to `out`.
    pub fn push(&mut self, samples: &[f32], out: &mut Vec<i16>) {
        self.taken += samples.len() as u64;
        if self.filter.rate == self.filter.to.hz() {
            self.made += samples.len() as u64;
            out.extend(samples.iter().map(|&sample| to_i16(sample)));
            return;
        }
        self.kept.extend_from_slice(samples);
        self.make(u64::MAX, out);
        // Used input is removed so seldom that the cost is negligible.
        if self.at > 2_048 {
            self.kept.drain(..self.at);
            self.at = 0;
        }
    }

    /// Ends the input, and appends the remaining samples.
    pub fn finish(&mut self, out: &mut Vec<i16>) {
        let rate = u64::from(self.filter.rate);
        let due = (self.taken * u64::from(self.filter.to.hz())).div_ceil(rate);
        if self.made < due {
            self.kept.resize(self.kept.len() + self.filter.taps, 0.0);
            self.make(due, out);
        }
    }

    fn make(&mut self, until: u64, out: &mut Vec<i16>) {
        let (taps, to) = (self.filter.taps, self.filter.to.hz());
        while self.made < until && self.at + taps <= self.kept.len() {
            let phase = f64::from(self.fraction) / f64::from(to) * PHASES as f64;
            let row = phase as usize;
            let between = (phase - row as f64) as f32;
            let (this, next) = self.filter.table[row * taps..(row + 2) * taps].split_at(taps);
            let input = &self.kept[self.at..self.at + taps];
            let mut sample = dot(this, input);
            // At a tabulated phase, no interpolation is necessary.
            if between > 0.0 {
                sample += (dot(next, input) - sample) * between;
            }
            out.push(to_i16(sample));
            self.made += 1;
            self.fraction += self.filter.rate % to;
            self.at += (self.filter.rate / to) as usize;
            if self.fraction >= to {
                self.fraction -= to;
                self.at += 1;
            }
        }
    }
}

/// Returns the dot product, in eight sums, which the compiler vectorizes.
fn dot(left: &[f32], right: &[f32]) -> f32 {
    let mut sums = [0.0_f32; 8];
    let (lefts, rights) = (left.chunks_exact(8), right.chunks_exact(8));
    let rest: f32 = lefts
        .remainder()
        .iter()
        .zip(rights.remainder())
        .map(|(l, r)| l * r)
        .sum();
    for (l, r) in lefts.zip(rights) {
        for lane in 0..8 {
            sums[lane] += l[lane] * r[lane];
        }
    }
    sums.iter().sum::<f32>() + rest
}

/// Converts a sample to 16 bits; NaN becomes silence.
fn to_i16(sample: f32) -> i16 {
    (sample * 32_768.0).round() as i16
}
