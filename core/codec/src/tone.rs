//! Tones made of sines: beeps, and the voices of test phones. All functions are pure.

use core::f32::consts::TAU;

/// Sine generator with a continuous phase across calls.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Sine {
    step: u32,
    phase: u32,
    amplitude: f32,
}

impl Sine {
    /// Creates a sine of `hz` hertz with a peak of `dbfs` (at most 0) relative to full scale.
    #[must_use]
    pub fn new(rate_hz: u32, hz: f32, dbfs: f32) -> Self {
        // A full turn is 2^32, so the phase wraps without loss of precision.
        let step = f64::from(hz) / f64::from(rate_hz.max(1)) * 4_294_967_296.0;
        Self {
            step: step as u32,
            phase: 0,
            amplitude: 32_767.0 * 10f32.powf(dbfs.min(0.0) / 20.0),
        }
    }

    /// Overwrites `out` with the next samples.
    pub fn fill(&mut self, out: &mut [i16]) {
        for sample in out {
            *sample = self.next_sample();
        }
    }

    /// Adds the next samples to `out`, saturating.
    pub fn add(&mut self, out: &mut [i16]) {
        for sample in out {
            *sample = sample.saturating_add(self.next_sample());
        }
    }

    fn next_sample(&mut self) -> i16 {
        let turn = self.phase as f32 / 4_294_967_296.0;
        self.phase = self.phase.wrapping_add(self.step);
        ((turn * TAU).sin() * self.amplitude) as i16
    }
}

/// Note of a beep.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Note {
    /// Pitch in hertz.
    pub hz: f32,
    /// Duration in milliseconds.
    pub ms: u32,
}

/// Returns the notes in sequence at `dbfs`, each with 5 ms of rise and fall to avoid clicks.
#[must_use]
pub fn beep(rate_hz: u32, notes: &[Note], dbfs: f32) -> Vec<i16> {
    let edge = (rate_hz / 200).max(1) as usize;
    let mut samples = Vec::new();
    for note in notes {
        let start = samples.len();
        let length = (u64::from(rate_hz) * u64::from(note.ms) / 1_000) as usize;
        samples.resize(start + length, 0);
        let part = &mut samples[start..];
        Sine::new(rate_hz, note.hz, dbfs).fill(part);
        for i in 0..edge.min(length / 2) {
            let gain = i as f32 / edge as f32;
            part[i] = (f32::from(part[i]) * gain) as i16;
            part[length - 1 - i] = (f32::from(part[length - 1 - i]) * gain) as i16;
        }
    }
    samples
}

/// Returns the beep for a joining participant: two rising notes.
#[must_use]
pub fn enter_beep(rate_hz: u32) -> Vec<i16> {
    beep(
        rate_hz,
        &[
            Note {
                hz: 587.33,
                ms: 110,
            },
            Note { hz: 880.0, ms: 170 },
        ],
        -20.0,
    )
}

/// Returns the beep for a leaving participant: two falling notes.
#[must_use]
pub fn exit_beep(rate_hz: u32) -> Vec<i16> {
    beep(
        rate_hz,
        &[
            Note { hz: 880.0, ms: 110 },
            Note {
                hz: 587.33,
                ms: 170,
            },
        ],
        -20.0,
    )
}
