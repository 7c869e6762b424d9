//! Packet loss concealment after ITU-T G.711 appendix I: repeats the last pitch period, fading to
//! silence. Returning voice is blended in without a click. The delay is chosen elsewhere.

use confab_terms::Rate;
use serde::{Deserialize, Serialize};

// Lengths are in samples at 8 kHz and are multiplied for wider voice.

/// Length of the history: the longest pitch period and the comparison window.
const HISTORY: usize = 320;
/// Shortest and longest pitch period: 66 to 200 Hz, as in appendix I.
const PERIOD_MIN: usize = 40;
const PERIOD_MAX: usize = 120;
const WINDOW: usize = 160;
/// Concealment keeps full level for 20 ms, then fades to silence at 60 ms.
const FULL_SAMPLES: u32 = 160;
const END_SAMPLES: u32 = 480;
/// Length of the blend from concealment to voice: 5 ms.
const BLEND: usize = 40;
/// Maximum factor of 8 kHz: codecs above 16 kHz have their own concealment.
const WIDE_MAX: usize = 2;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Concealer {
    /// Sampling rate as a multiple of 8 kHz.
    wide: usize,
    history: Vec<i16>,
    /// True if the history holds voice to repeat.
    heard: bool,
    gap: Option<Gap>,
}

/// State of a gap that is being concealed.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Gap {
    period: usize,
    /// Samples made so far, and samples that count for the fade.
    made: u32,
    faded: u32,
}

impl Concealer {
    pub(crate) fn new(rate: Rate) -> Self {
        let wide = ((rate.hz() / Rate::Hz8000.hz()) as usize).min(WIDE_MAX);
        Self {
            wide,
            history: vec![0; HISTORY * wide],
            heard: false,
            gap: None,
        }
    }

    /// Accepts received voice: stores the samples unchanged and then blends their beginning with
    /// preceding concealment. A stored blend would swell again in each period repeated from the
    /// history.
    pub(crate) fn voice(&mut self, samples: &mut [i16]) {
        let gap = self.gap.take();
        let blend = samples.len().min(BLEND * self.wide);
        let mut made = [0; BLEND * WIDE_MAX];
        if let Some(mut gap) = gap {
            made[..blend].fill_with(|| self.next_made(&mut gap));
        }
        self.heard = true;
        let length = self.history.len();
        let keep = length.saturating_sub(samples.len());
        self.history.copy_within(length - keep.., 0);
        let newest = &samples[samples.len() - (length - keep)..];
        self.history[keep..].copy_from_slice(newest);
        if gap.is_some() {
            let blend = blend as i32;
            for (i, (sample, made)) in (0..blend).zip(samples.iter_mut().zip(made)) {
                let mixed = (i32::from(made) * (blend - i) + i32::from(*sample) * i) / blend;
                *sample = mixed as i16;
            }
        }
    }

    /// Fills `samples` with concealment. Returns false for silence: no earlier voice, or the voice
    /// is too old.
    pub(crate) fn conceal(&mut self, samples: &mut [i16]) -> bool {
        self.part();
        let Some(mut gap) = self.gap.filter(|gap| gap.faded < self.end()) else {
            samples.fill(0);
            return false;
        };
        for sample in samples {
            *sample = self.next_made(&mut gap);
        }
        self.gap = Some(gap);
        true
    }

    /// Returns the last played samples if the next sample follows on directly.
    pub(crate) fn past(&self, samples: usize) -> Option<&[i16]> {
        let length = self.history.len();
        let past = self.history.get(length.checked_sub(samples)?..);
        past.filter(|_| self.heard && self.gap.is_none())
    }

    /// Returns the number of samples to make until the end of the period, where voice continues
    /// without a step. Call if the concealed voice itself is played next; the fade restarts unless
    /// it has begun.
    pub(crate) fn complete(&mut self) -> usize {
        let (full, end) = (FULL_SAMPLES * self.wide as u32, self.end());
        let Some(gap) = self.gap.as_mut().filter(|gap| gap.faded < end) else {
            return 0;
        };
        if gap.faded <= full {
            gap.faded = 0;
        }
        let made = gap.made as usize;
        made.next_multiple_of(gap.period) - made
    }

    /// Marks a discontinuity: the next frame is blended with the previous one.
    pub(crate) fn part(&mut self) {
        if self.gap.is_none() && self.heard {
            self.gap = Some(Gap {
                period: self.period(),
                made: 0,
                faded: 0,
            });
        }
    }

    fn end(&self) -> u32 {
        END_SAMPLES * self.wide as u32
    }

    fn next_made(&self, gap: &mut Gap) -> i16 {
        let (end, length) = (self.end(), self.history.len());
        if gap.faded >= end {
            return 0;
        }
        let (period, made) = (gap.period, gap.made as usize);
        let faded = gap.faded;
        gap.made += 1;
        gap.faded += 1;
        let overlap = period / 4;
        let start = length - period;
        let i = made % period;
        let mut sample = i32::from(self.history[start + i]);
        if let Some(into) = i.checked_sub(period - overlap) {
            // The end of a period is blended into the samples before its start.
            let before = i32::from(self.history[start - overlap + into]);
            let (into, overlap) = (into as i32, overlap as i32);
            sample = (sample * (overlap - into) + before * into) / overlap;
        }
        if made < overlap {
            // Spreads the step from the last real sample to the first made sample.
            let step = i32::from(self.history[length - 1]) - i32::from(self.history[start - 1]);
            sample += step * (overlap - made) as i32 / overlap as i32;
        }
        let falls = end - FULL_SAMPLES * self.wide as u32;
        let gain = (end - faded).min(falls) as i32;
        let sample = sample.clamp(-32_768, 32_767) * gain / falls as i32;
        sample as i16
    }

    /// Returns the lag at which the last 20 ms best match earlier samples. The search runs in steps
    /// of 8 kHz first, then exactly.
    fn period(&self) -> usize {
        let peak = self
            .history
            .iter()
            .map(|sample| sample.unsigned_abs())
            .max()
            .unwrap_or(0);
        // With 11 bits (10 for wide voice) the sum of all products fits into 31 bits, and eight
        // products are computed at once.
        let bits = 12 - self.wide as u32;
        let shift = (16 - peak.leading_zeros()).saturating_sub(bits);
        let mut scaled = [0; HISTORY * WIDE_MAX];
        let scaled = &mut scaled[..self.history.len()];
        for (scaled, &sample) in scaled.iter_mut().zip(&self.history) {
            *scaled = sample >> shift;
        }
        let (least, most) = (PERIOD_MIN * self.wide, PERIOD_MAX * self.wide);
        let window = WINDOW * self.wide;
        let best = |from: usize, to: usize, step: usize| {
            let mut best = (from, f32::MIN);
            for lag in (from..=to.min(most)).step_by(step) {
                let likeness = likeness(scaled, window, lag);
                if likeness > best.1 {
                    best = (lag, likeness);
                }
            }
            best.0
        };
        let step = self.wide;
        let near = best(least, most, step);
        best((near + 1 - step).max(least), near + step - 1, 1)
    }
}

fn likeness(history: &[i16], window: usize, lag: usize) -> f32 {
    let length = history.len();
    let now = &history[length - window..];
    let then = &history[length - window - lag..length - lag];
    let product: i32 = now
        .iter()
        .zip(then)
        .map(|(&a, &b)| i32::from(a) * i32::from(b))
        .sum();
    let energy: i32 = then.iter().map(|&b| i32::from(b) * i32::from(b)).sum();
    product as f32 / (energy as f32 + 1.0).sqrt()
}
