//! Tones made of sines: beeps, and the voices of test phones. Pure functions of their arguments.

use core::f32::consts::TAU;

/// A sine, continued from call to call without a jump of phase.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Sine {
    step: u32,
    phase: u32,
    amplitude: f32,
}

impl Sine {
    /// A sine of so many hertz; its peak is `dbfs` below (so: less than 0) full scale.
    #[must_use]
    pub fn new(rate_hz: u32, hz: f32, dbfs: f32) -> Self {
        // A turn is 2^32, so the phase wraps by itself and never loses precision.
        let step = f64::from(hz) / f64::from(rate_hz.max(1)) * 4_294_967_296.0;
        Self {
            step: step as u32,
            phase: 0,
            amplitude: 32_767.0 * 10f32.powf(dbfs.min(0.0) / 20.0),
        }
    }

    /// The next samples, in place of what was there.
    pub fn fill(&mut self, out: &mut [i16]) {
        for sample in out {
            *sample = self.next_sample();
        }
    }

    /// The next samples, on top of what is there.
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

/// One note of a beep.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Note {
    /// Its pitch.
    pub hz: f32,
    /// How long it sounds.
    pub ms: u32,
}

/// Notes one after the other at `dbfs`, each with 5 ms of rise and fall, so that none clicks.
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

/// Somebody came: two notes that rise.
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

/// Somebody left: two notes that fall.
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
