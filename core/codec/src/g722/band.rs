//! One band of G.722: a predictor with two poles and six zeros, and a quantizer with an adaptive
//! scale (G.722 §3.2–3.6). Names in comments are the recommendation's.

use serde::{Deserialize, Serialize};

use super::tables::{
    HIGH_INVERSE, HIGH_SCALE_STEPS, LOW_INVERSE_4, LOW_INVERSE_6, LOW_LEVELS, LOW_SCALE_STEPS,
    POWERS,
};
use super::{limited, saturated};

const ZEROS: usize = 6;

/// Lower band, 0 to 4 kHz: six bits, of which the upper four control the adaptation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Low {
    predictor: Predictor,
    scale: Scale,
}

/// Higher band, 4 to 8 kHz: two bits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct High {
    predictor: Predictor,
    scale: Scale,
}

impl Default for Low {
    fn default() -> Self {
        let scale = Scale { log: 0, step: 32 };
        let predictor = Predictor::default();
        Self { predictor, scale }
    }
}

impl Default for High {
    fn default() -> Self {
        let scale = Scale { log: 0, step: 8 };
        let predictor = Predictor::default();
        Self { predictor, scale }
    }
}

impl Low {
    pub(super) fn encode(&mut self, sample: i32) -> u8 {
        let difference = saturated(sample - self.predictor.predicted);
        let size = magnitude(difference);
        let step = self.scale.step;
        let above = |level: &i32| (level * step) >> 12 <= size;
        let steps = LOW_LEVELS.iter().take_while(|level| above(level)).count() as u8;
        let code = match (difference < 0, steps) {
            (true, 0 | 1) => 63 - steps,
            (true, _) => 33 - steps,
            (false, _) => 61 - steps,
        };
        self.adapt(code);
        code
    }

    pub(super) fn decode(&mut self, code: u8) -> i32 {
        let difference = (self.scale.step * LOW_INVERSE_6[usize::from(code & 63)]) >> 15;
        let sample = limited(self.predictor.predicted + difference);
        self.adapt(code);
        sample
    }

    fn adapt(&mut self, code: u8) {
        let code = usize::from(code >> 2 & 15);
        let difference = (self.scale.step * LOW_INVERSE_4[code]) >> 15;
        self.scale.follow(LOW_SCALE_STEPS[code], 18_432, 8);
        self.predictor.adapt(difference);
    }
}

impl High {
    pub(super) fn encode(&mut self, sample: i32) -> u8 {
        let difference = saturated(sample - self.predictor.predicted);
        let large = magnitude(difference) >= (564 * self.scale.step) >> 12;
        let code = match (difference < 0, large) {
            (true, true) => 0,
            (true, false) => 1,
            (false, true) => 2,
            (false, false) => 3,
        };
        self.adapt(code);
        code
    }

    pub(super) fn decode(&mut self, code: u8) -> i32 {
        let difference = (self.scale.step * HIGH_INVERSE[usize::from(code & 3)]) >> 15;
        let sample = limited(self.predictor.predicted + difference);
        self.adapt(code);
        sample
    }

    fn adapt(&mut self, code: u8) {
        let code = usize::from(code & 3);
        let difference = (self.scale.step * HIGH_INVERSE[code]) >> 15;
        self.scale.follow(HIGH_SCALE_STEPS[code], 22_528, 10);
        self.predictor.adapt(difference);
    }
}

/// Returns the one's-complement magnitude: −1 counts as 0.
fn magnitude(difference: i32) -> i32 {
    difference ^ (difference >> 31)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Scale {
    /// NABLA: logarithm to base 2, in Q11.
    log: i32,
    /// DELTA: linear scale.
    step: i32,
}

impl Scale {
    fn follow(&mut self, by: i32, log_max: i32, octaves: i32) {
        self.log = (((self.log * 127) >> 7) + by).clamp(0, log_max);
        let power = POWERS[(self.log >> 6 & 31) as usize];
        let down = octaves - (self.log >> 11);
        let linear = if down < 0 {
            power << -down
        } else {
            power >> down
        };
        self.step = linear << 2;
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Predictor {
    /// S: predicted sample.
    predicted: i32,
    /// SZ: contribution of the zeros to the prediction.
    by_zeros: i32,
    /// A1, A2: pole coefficients.
    poles: [i32; 2],
    /// B1 to B6: zero coefficients.
    zeros: [i32; ZEROS],
    /// D: last quantized differences, newest first.
    differences: [i32; ZEROS],
    /// R: last two reconstructed samples.
    samples: [i32; 2],
    /// P: last two partial reconstructions, from the zeros only.
    partials: [i32; 2],
}

impl Predictor {
    /// Updates the predictor with a quantized difference (RECONS, PARREC to PREDIC).
    fn adapt(&mut self, difference: i32) {
        let sample = saturated(self.predicted + difference);
        let partial = saturated(self.by_zeros + difference);
        self.adapt_poles(partial);
        self.adapt_zeros(difference);
        self.samples = [sample, self.samples[0]];
        self.partials = [partial, self.partials[0]];
        self.differences.copy_within(..ZEROS - 1, 1);
        self.differences[0] = difference;
        let pair = |n: usize| (self.poles[n] * saturated(2 * self.samples[n])) >> 15;
        let by_poles = saturated(pair(0) + pair(1));
        let pairs = self.zeros.iter().zip(&self.differences);
        let sum: i32 = pairs.map(|(zero, d)| (zero * saturated(2 * d)) >> 15).sum();
        self.by_zeros = saturated(sum);
        self.predicted = saturated(by_poles + self.by_zeros);
    }

    /// Adapts the poles (UPPOL2, UPPOL1).
    fn adapt_poles(&mut self, partial: i32) {
        let [first, second] = self.poles;
        let same = |other: i32| (partial < 0) == (other < 0);
        let quadruple = saturated(4 * first);
        let towards = if same(self.partials[0]) {
            saturated(-quadruple)
        } else {
            quadruple
        };
        let push = if same(self.partials[1]) { 128 } else { -128 };
        let second = (push + (towards >> 7) + ((second * 32_512) >> 15)).clamp(-12_288, 12_288);
        let push = if same(self.partials[0]) { 192 } else { -192 };
        let bound = 15_360 - second;
        let first = (push + ((first * 32_640) >> 15)).clamp(-bound, bound);
        self.poles = [first, second];
    }

    /// Adapts the zeros (UPZERO).
    fn adapt_zeros(&mut self, difference: i32) {
        let push = if difference == 0 { 0 } else { 128 };
        for (zero, other) in self.zeros.iter_mut().zip(&self.differences) {
            let same = (difference < 0) == (*other < 0);
            *zero = saturated(if same { push } else { -push } + ((*zero * 32_640) >> 15));
        }
    }
}
