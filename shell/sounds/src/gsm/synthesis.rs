//! Synthesis of samples from the parameters of a frame (EN 300 961 §5.3). Names in comments are
//! those of the standard.

use super::FRAME_SAMPLES;
use super::frame::{Frame, PULSES, SUBFRAMES, Subframe};

const SUBFRAME_SAMPLES: usize = FRAME_SAMPLES / SUBFRAMES;
/// Maximum and minimum lag of the long-term prediction.
const LAG_MAX: i16 = 120;
const LAG_MIN: i16 = 40;
const PAST: usize = 120;
/// FAC, QLB, B, MIC and INVA.
const FACTORS: [i16; 8] = [
    18_431, 20_479, 22_527, 24_575, 26_623, 28_671, 30_719, 32_767,
];
const GAINS: [i16; 4] = [3_277, 11_469, 21_299, 32_767];
const OFFSETS: [i16; 8] = [0, 0, 2_048, -2_560, 94, -1_792, -341, -1_144];
const MINIMA: [i16; 8] = [-32, -32, -16, -16, -8, -8, -4, -4];
const INVERSES: [i16; 8] = [
    13_107, 13_107, 13_107, 13_107, 19_223, 17_476, 31_454, 29_708,
];
const DEEMPHASIS: i16 = 28_180;

/// State of the decoder.
#[derive(Clone, Debug)]
pub(super) struct Synthesis {
    /// drp: the last 120 samples of the residual, and those of this sub-frame.
    residual: [i16; PAST + SUBFRAME_SAMPLES],
    /// nrp: the last valid lag.
    lag: i16,
    /// LARpp of the previous frame.
    lar: [i16; 8],
    /// v: the state of the lattice filter.
    lattice: [i16; 9],
    /// msr: the state of the de-emphasis.
    emphasis: i16,
}

impl Default for Synthesis {
    fn default() -> Self {
        Self {
            residual: [0; PAST + SUBFRAME_SAMPLES],
            lag: LAG_MIN,
            lar: [0; 8],
            lattice: [0; 9],
            emphasis: 0,
        }
    }
}

/// Multiplies, rounds and saturates: `GSM_MULT_R`.
fn times(a: i16, b: i16) -> i16 {
    let product = (i32::from(a) * i32::from(b) + 16_384) >> 15;
    i16::try_from(product).unwrap_or(i16::MAX)
}

/// Shifts right, or left if `right` is negative.
fn shifted(value: i16, right: i16) -> i16 {
    match right {
        16.. => value >> 15,
        0..16 => value >> right,
        -15..0 => value << -right,
        _ => 0,
    }
}

impl Synthesis {
    /// Returns the samples of a frame.
    pub(super) fn decode(&mut self, frame: &Frame) -> [i16; FRAME_SAMPLES] {
        let mut samples = [0; FRAME_SAMPLES];
        let parts = samples.chunks_exact_mut(SUBFRAME_SAMPLES);
        for (part, subframe) in parts.zip(&frame.subframes) {
            part.copy_from_slice(self.predict(subframe));
        }
        self.filter(&frame.lar, &mut samples);
        for sample in &mut samples {
            self.emphasis = sample.saturating_add(times(self.emphasis, DEEMPHASIS));
            *sample = self.emphasis.saturating_add(self.emphasis) & !7;
        }
        samples
    }

    /// Adds the long-term prediction to the pulses (§5.3.2).
    fn predict(&mut self, subframe: &Subframe) -> &[i16] {
        if (LAG_MIN..=LAG_MAX).contains(&subframe.lag) {
            self.lag = subframe.lag;
        }
        let gain = GAINS[subframe.gain];
        let pulses = pulses(subframe);
        self.residual.copy_within(SUBFRAME_SAMPLES.., 0);
        let lag = usize::from(self.lag.unsigned_abs());
        for (at, pulse) in pulses.into_iter().enumerate() {
            let predicted = times(gain, self.residual[PAST + at - lag]);
            self.residual[PAST + at] = pulse.saturating_add(predicted);
        }
        &self.residual[PAST..]
    }

    /// Filters by the short-term synthesis (§5.3.3, §5.3.4).
    fn filter(&mut self, coded: &[i16; 8], samples: &mut [i16; FRAME_SAMPLES]) {
        let mut lar = [0_i16; 8];
        for (at, lar) in lar.iter_mut().enumerate() {
            let sum = coded[at].saturating_add(MINIMA[at]) << 10;
            let sum = sum.saturating_sub(OFFSETS[at] << 1);
            let sum = times(INVERSES[at], sum);
            *lar = sum.saturating_add(sum);
        }
        let before = core::mem::replace(&mut self.lar, lar);
        let between = |mix: fn(i16, i16) -> i16| {
            let mut reflection = [0; 8];
            for (at, one) in reflection.iter_mut().enumerate() {
                *one = to_reflection(mix(before[at], lar[at]));
            }
            reflection
        };
        let steps: [(usize, [i16; 8]); 4] = [
            (
                13,
                between(|old, new| (old >> 2).saturating_add(new >> 2).saturating_add(old >> 1)),
            ),
            (14, between(|old, new| (old >> 1).saturating_add(new >> 1))),
            (
                13,
                between(|old, new| (old >> 2).saturating_add(new >> 2).saturating_add(new >> 1)),
            ),
            (120, between(|_, new| new)),
        ];
        let mut rest = &mut samples[..];
        for (count, reflection) in steps {
            let (part, others) = rest.split_at_mut(count);
            for sample in part {
                *sample = self.step(&reflection, *sample);
            }
            rest = others;
        }
    }

    /// Filters a sample by the lattice.
    fn step(&mut self, reflection: &[i16; 8], residual: i16) -> i16 {
        let mut sample = residual;
        for at in (0..8).rev() {
            sample = sample.saturating_sub(times(reflection[at], self.lattice[at]));
            let up = times(reflection[at], sample);
            self.lattice[at + 1] = self.lattice[at].saturating_add(up);
        }
        self.lattice[0] = sample;
        sample
    }
}

/// Returns the pulses of a sub-frame at their positions (§5.3.1).
fn pulses(subframe: &Subframe) -> [i16; SUBFRAME_SAMPLES] {
    let maximum = subframe.maximum;
    let mut exponent = if maximum > 15 { (maximum >> 3) - 1 } else { 0 };
    let mut mantissa = maximum - (exponent << 3);
    if mantissa == 0 {
        (exponent, mantissa) = (-4, 7);
    } else {
        while mantissa <= 7 {
            mantissa = mantissa << 1 | 1;
            exponent -= 1;
        }
        mantissa -= 8;
    }
    let factor = FACTORS[usize::from(mantissa.unsigned_abs()) & 7];
    let right = 6 - exponent;
    let rounding = shifted(1, 1 - right);
    let mut samples = [0; SUBFRAME_SAMPLES];
    for place in 0..PULSES {
        let pulse = ((subframe.pulses[place] << 1) - 7) << 12;
        let pulse = times(factor, pulse).saturating_add(rounding);
        samples[subframe.grid + 3 * place] = shifted(pulse, right);
    }
    samples
}

/// Converts a logarithmic area ratio to a reflection coefficient (§5.3.3, LARp to rp).
fn to_reflection(lar: i16) -> i16 {
    let size = lar.saturating_abs();
    let reflection = match size {
        ..11_059 => size << 1,
        11_059..20_070 => size + 11_059,
        _ => (size >> 2).saturating_add(26_112),
    };
    if lar < 0 { -reflection } else { reflection }
}
