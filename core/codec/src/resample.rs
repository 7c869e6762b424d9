//! `Resampler`: from one rate of ours to another, by a polyphase low-pass filter. All ratios are
//! whole numbers (2, 3, 6), so it either interpolates or decimates.

use confab_terms::Rate;
use serde::{Deserialize, Serialize};

use crate::lowpass::{LowPass, dot};

/// The longest run of samples at once: a frame at the highest rate.
const INPUT_SAMPLES_MAX: usize = Rate::Hz48000.frame_samples();

/// One stream's way from one rate to another. What it holds are the last samples that it was
/// given: the filter's length of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resampler {
    from: Rate,
    to: Rate,
    /// The last inputs, then, while it works, the new ones; never longer than it was made for.
    inputs: Vec<i16>,
}

impl Resampler {
    /// A stream that was silent so far.
    #[must_use]
    pub fn new(from: Rate, to: Rate) -> Self {
        let history = history_samples(from, to);
        let mut inputs = Vec::with_capacity(history + INPUT_SAMPLES_MAX);
        inputs.resize(history, 0);
        Self { from, to, inputs }
    }

    /// The rate of what goes in.
    #[must_use]
    pub fn from(&self) -> Rate {
        self.from
    }

    /// The rate of what comes out.
    #[must_use]
    pub fn to(&self) -> Rate {
        self.to
    }

    /// Is as if it had been silent so far. Allocates nothing.
    pub fn forget(&mut self) {
        self.inputs.fill(0);
    }

    /// Goes on as another one of the same rates would. Allocates nothing.
    pub fn go_on_from(&mut self, other: &Self) {
        if (self.from, self.to) == (other.from, other.to) {
            self.inputs.clear();
            self.inputs.extend_from_slice(&other.inputs);
        }
    }

    /// Writes what `samples` (20 ms at most) become, and says how many: as many as their time
    /// makes at the other rate, or as `out` takes. Allocates nothing.
    pub fn run(&mut self, samples: &[i16], out: &mut [i16]) -> usize {
        let samples = &samples[..samples.len().min(INPUT_SAMPLES_MAX)];
        let Some(filter) = LowPass::between(self.from, self.to) else {
            let n = samples.len().min(out.len());
            out[..n].copy_from_slice(&samples[..n]);
            return n;
        };
        let history = history_samples(self.from, self.to);
        // Read back from a journal it may lack its room for new samples.
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

    /// How much later a sound comes out than it went in, in samples of the higher rate.
    #[must_use]
    pub fn delay_samples(&self) -> usize {
        LowPass::between(self.from, self.to).map_or(0, LowPass::delay_samples)
    }
}

/// Each input makes one output of every phase.
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

/// Every so many inputs make one output, of all the phases' taps in one.
fn decimate(filter: &LowPass, inputs: &[i16], out: &mut [i16]) -> usize {
    // The first window ends with the first new input: the outputs stand on the same inputs
    // whatever the run's length.
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
