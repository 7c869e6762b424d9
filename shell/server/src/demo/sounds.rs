//! Sounds of the demo, made of sines: three voices, hold music, an announcement. The phase of a
//! tone depends on the time since the start of its sound, so that equal tones never cancel.

use std::f64::consts::TAU;

use super::sources::{ANNOUNCEMENT, CALLERS, MUSIC, Source, Tone};

const RATE: f64 = 8_000.0;
/// Length of a voice: two seconds, whole periods of the tones and the swell of every voice, so that
/// the voice repeats without a gap.
const VOICE_SAMPLES: usize = 16_000;
/// Number of swells of each voice in these two seconds: the rhythm of its speech.
const SWELLS: [f64; 3] = [5.0, 8.0, 3.0];
/// Amplitude of the swell of a voice, in dB in either direction.
const SWELL_DB: f64 = 2.0;
/// Length of a chord of the music: 1.6 s.
const CHORD_SAMPLES: usize = 12_800;
/// Frequencies in Hz of C major, A minor 7, F major 9, C major: E and G are part of all chords. C
/// is at 260 Hz.
const CHORDS: [[f64; 4]; 4] = [
    [260.0, 650.0, 780.0, 1_040.0],
    [216.7, 650.0, 866.7, 1_040.0],
    [346.7, 693.3, 866.7, 1_300.0],
    [260.0, 780.0, 1_040.0, 1_300.0],
];
/// Number of repetitions of the four chords: 38.4 s.
const ROUNDS: usize = 6;
/// Length of a stroke of the announcement's gong (1.2 s), and the number of strokes.
const STROKE_SAMPLES: usize = 9_600;
const STROKES: usize = 5;

/// Returns the voice of a caller, which repeats without a gap.
pub(crate) fn voice(caller: usize) -> Vec<i16> {
    let mut mix = vec![0.0; VOICE_SAMPLES];
    add_steady(&mut mix, &CALLERS[caller]);
    let turns = SWELLS[caller] / VOICE_SAMPLES as f64;
    for (n, sample) in mix.iter_mut().enumerate() {
        *sample *= gain(SWELL_DB * (TAU * turns * n as f64).sin());
    }
    samples(&mix)
}

/// Returns the hold music.
pub(crate) fn music() -> Vec<i16> {
    let mut mix = vec![0.0; CHORD_SAMPLES * CHORDS.len() * ROUNDS];
    add_steady(&mut mix, &MUSIC);
    for round in 0..CHORDS.len() * ROUNDS {
        let chord = CHORDS[round % CHORDS.len()];
        let start = round * CHORD_SAMPLES;
        for (n, hz) in chord.into_iter().enumerate() {
            let at = start + n * CHORD_SAMPLES / 4;
            add_stroke(&mut mix, at, Tone { hz, dbfs: -21.0 }, 0.5);
        }
    }
    samples(&mix)
}

/// Returns the announcement.
pub(crate) fn announcement() -> Vec<i16> {
    let mut mix = vec![0.0; STROKE_SAMPLES * STROKES];
    add_steady(&mut mix, &ANNOUNCEMENT);
    for stroke in 0..STROKES {
        let start = stroke * STROKE_SAMPLES;
        for (hz, late) in [(750.0, 0), (1_875.0, STROKE_SAMPLES / 2)] {
            add_stroke(&mut mix, start + late, Tone { hz, dbfs: -18.0 }, 0.4);
        }
    }
    samples(&mix)
}

fn add_steady(mix: &mut [f64], source: &Source) {
    for tone in source.tones {
        let peak = gain(tone.dbfs);
        for (n, sample) in mix.iter_mut().enumerate() {
            *sample += peak * (TAU * tone.hz * n as f64 / RATE).sin();
        }
    }
}

/// Adds a note that rises within 15 ms and decays with the time constant `fades`, in seconds.
fn add_stroke(mix: &mut [f64], start: usize, tone: Tone, fades: f64) {
    let peak = gain(tone.dbfs);
    for (n, sample) in mix.iter_mut().enumerate().skip(start).take(24_000) {
        let age = (n - start) as f64 / RATE;
        let rise = (age / 0.015).min(1.0);
        let envelope = rise * rise * (3.0 - 2.0 * rise) * (-age / fades).exp();
        *sample += peak * envelope * (TAU * tone.hz * n as f64 / RATE).sin();
    }
}

fn gain(db: f64) -> f64 {
    10f64.powf(db / 20.0)
}

#[allow(clippy::cast_possible_truncation, reason = "far below full scale")]
fn samples(mix: &[f64]) -> Vec<i16> {
    mix.iter()
        .map(|sample| (sample * 32_767.0).round() as i16)
        .collect()
}
