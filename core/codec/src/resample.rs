//! `Resampler`: sample-rate conversion by a polyphase low-pass filter. All ratios are whole numbers
//! (2, 3, 6), so a resampler either interpolates or decimates.

use confab_terms::Rate;
use serde::{Deserialize, Serialize};

use crate::lowpass::{LowPass, dot};

/// Maximum number of samples per call: a frame at the highest rate.
const INPUT_SAMPLES_MAX: usize = Rate::Hz48000.frame_samples();

/// Sample-rate converter of one stream. The state is the last input samples, one filter length.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resampler {
    from: Rate,
    to: Rate,
    /// Last inputs, followed during conversion by the new ones; never longer than the initial
    /// capacity.
    inputs: Vec<i16>,
}

impl Resampler {
    /// Creates the converter of a stream that was silent so far.
    #[must_use]
    pub fn new(from: Rate, to: Rate) -> Self {
        let history = history_samples(from, to);
        let mut inputs = Vec::with_capacity(history + INPUT_SAMPLES_MAX);
        inputs.resize(history, 0);
        Self { from, to, inputs }
    }

    /// Returns the input rate.
    #[must_use]
    pub fn from(&self) -> Rate {
        self.from
    }

    /// Returns the output rate.
    #[must_use]
    pub fn to(&self) -> Rate {
        self.to
    }

    /// Resets the history to silence. Allocates nothing.
    pub fn forget(&mut self) {
        self.inputs.fill(0);
    }

    /// Copies the history of a converter with the same rates. Allocates nothing.
    pub fn go_on_from(&mut self, other: &Self) {
        if (self.from, self.to) == (other.from, other.to) {
            self.inputs.clear();
            self.inputs.extend_from_slice(&other.inputs);
        }
    }

    /// Converts `samples` (at most 20 ms). Returns the number of samples written, limited by the
    /// input's duration and by `out`. Allocates nothing.
    pub fn run(&mut self, samples: &[i16], out: &mut [i16]) -> usize {
        let samples = &samples[..samples.len().min(INPUT_SAMPLES_MAX)];
        let Some(filter) = LowPass::between(self.from, self.to) else {
            let n = samples.len().min(out.len());
            out[..n].copy_from_slice(&samples[..n]);
            return n;
        };
        let history = history_samples(self.from, self.to);
        // After deserialization the vector may lack capacity for new samples.
        self.inputs.resize(history, 0);
        self.inputs.extend_from_slice(samples);
        let written = if self.to > self.from {
            interpolate(filter, &self.inputs, out)
        } else {
            decimate(filter, &self.inputs, out)
        };
        let used = self.inputs.len() - history;
        self.inputs.copy_within(used.., 0);
        self.inputs.truncate(history);
        written
    }

    /// Returns the delay in samples at the higher rate.
    #[must_use]
    pub fn delay_samples(&self) -> usize {
        LowPass::between(self.from, self.to).map_or(0, LowPass::delay_samples)
    }
}

/// Interpolates: each input gives one output per phase.
fn interpolate(filter: &LowPass, inputs: &[i16], out: &mut [i16]) -> usize {
    let windows = inputs.windows(filter.phase_taps());
    let groups = out.chunks_mut(filter.factor());
    let mut written = 0;
    for (window, group) in windows.zip(groups) {
        for (sample, taps) in group.iter_mut().zip(filter.phases()) {
            *sample = rounded(dot(taps, window));
            written += 1;
        }
    }
    written
}

/// Decimates: every `factor` inputs give one output, computed from all taps.
fn decimate(filter: &LowPass, inputs: &[i16], out: &mut [i16]) -> usize {
    // The first window ends with the first new input, so that outputs use the same inputs for any
    // length of the run.
    let windows = inputs.windows(filter.taps().len());
    let mut written = 0;
    for (sample, window) in out.iter_mut().zip(windows.step_by(filter.factor())) {
        *sample = rounded(dot(filter.taps(), window));
        written += 1;
    }
    written
}

fn rounded(value: f32) -> i16 {
    // The cast saturates.
    value.round() as i16
}

fn history_samples(from: Rate, to: Rate) -> usize {
    LowPass::between(from, to).map_or(0, |filter| {
        let taps = if to > from {
            filter.phase_taps()
        } else {
            filter.taps().len()
        };
        taps - 1
    })
}
