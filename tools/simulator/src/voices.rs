//! Voices that are distinguishable in a mix, frame by frame, and their detector. A voice is a tone
//! of 2,200 Hz or more, in steps of 200 Hz. Each tone repeats after 40 samples: a frame contains
//! whole periods, and concealment with the last period reproduces the tone.

use std::sync::OnceLock;

use confab_codec::encode;
use confab_terms::{Codec, Rate};

use crate::holding::music_frames;

/// Samples of a frame.
pub(crate) const FRAME: usize = 160;
/// Number of voices: eight phones; the last voice is an intruder's.
pub(crate) const VOICES: usize = 9;
pub(crate) const INTRUDER: usize = VOICES - 1;
/// Number of tones of sounds, by which sounds are distinguished. Tones lie below all voices, in the
/// same steps; the built-in music has little energy there, except at the start of a note.
pub(crate) const TONES: usize = 3;
const FIRST_TONE_HZ: f64 = 1_600.0;
const TONE_AMPLITUDE: f64 = 1_200.0;
/// Amplitude of a voice: eight voices and a beep stay below the limiter's threshold.
pub(crate) const AMPLITUDE: f64 = 2_400.0;
/// Detection threshold: a sixth of the amplitude. A voice under an announcement, 12 dB down, has a
/// quarter; the built-in music has at most an eighth.
const THRESHOLD: f32 = 400.0;
/// Threshold above the noise of a G.722 decoder that is out of step with its encoder.
const LOUD: f32 = 2_000.0;
const PERIOD: usize = 40;
/// Analyzed samples at the end of a frame. Fades occur in the first 40 samples, which are ignored.
pub(crate) const LOOKED_AT: usize = FRAME - PERIOD;

fn turns(voice: usize, at: usize) -> f64 {
    turns_at(Rate::Hz8000, voice, at)
}

pub(crate) fn turns_at(rate: Rate, voice: usize, at: usize) -> f64 {
    let hz = 2_200.0 + 200.0 * voice as f64;
    core::f64::consts::TAU * hz * at as f64 / f64::from(rate.hz())
}

fn tone_turns(tone: usize, at: usize) -> f64 {
    let hz = FIRST_TONE_HZ + 200.0 * tone as f64;
    core::f64::consts::TAU * hz * at as f64 / 8_000.0
}

/// Returns a sample of a sound with this tone.
pub(crate) fn tone(tone: usize, at: u64) -> i16 {
    static PERIODS: OnceLock<[[i16; PERIOD]; TONES]> = OnceLock::new();
    let periods = PERIODS.get_or_init(|| {
        core::array::from_fn(|tone| {
            core::array::from_fn(|at| (tone_turns(tone, at).sin() * TONE_AMPLITUDE) as i16)
        })
    });
    periods[tone % TONES][(at % PERIOD as u64) as usize]
}

/// Returns the coded frame of a voice; all its frames are equal.
pub(crate) fn frame(voice: usize, codec: Codec) -> [u8; FRAME] {
    let mut samples = [0; FRAME];
    for (at, sample) in samples.iter_mut().enumerate() {
        *sample = (turns(voice, at).sin() * AMPLITUDE) as i16;
    }
    let mut coded = [0; FRAME];
    encode(codec, &samples, &mut coded);
    coded
}

struct Ear {
    /// Hann window: voices are three of its bins apart, so that voices do not leak into each other.
    /// Neither does music, except for its clicks.
    window: [f32; LOOKED_AT],
    /// Reference waves of the voices, then of the tones.
    waves: [[[f32; PERIOD]; 2]; VOICES + TONES],
    samples: [[i16; 256]; 2],
}

fn ear() -> &'static Ear {
    static EAR: OnceLock<Ear> = OnceLock::new();
    EAR.get_or_init(|| {
        let mut window = [0.0; LOOKED_AT];
        for (at, window) in window.iter_mut().enumerate() {
            let turns = at as f64 / LOOKED_AT as f64;
            *window = (1.0 - (turns * core::f64::consts::TAU).cos()) as f32;
        }
        let mut waves = [[[0.0; PERIOD]; 2]; VOICES + TONES];
        for (wave, [sine, cosine]) in waves.iter_mut().enumerate() {
            for at in 0..PERIOD {
                let turns = match wave.checked_sub(VOICES) {
                    None => turns(wave, at),
                    Some(tone) => tone_turns(tone, at),
                };
                sine[at] = turns.sin() as f32;
                cosine[at] = turns.cos() as f32;
            }
        }
        let mut codes = [0_u8; 256];
        for (code, at) in codes.iter_mut().zip(0..=u8::MAX) {
            *code = at;
        }
        let mut samples = [[0; 256]; 2];
        confab_codec::decode(Codec::Pcmu, &codes, &mut samples[0]);
        confab_codec::decode(Codec::Pcma, &codes, &mut samples[1]);
        Ear {
            window,
            waves,
            samples,
        }
    })
}

/// Index after all tones.
pub(crate) const SILENT: usize = VOICES + TONES;
pub(crate) const MUSIC: usize = SILENT + 1;

/// Bits of the voices, then of the tones, then for silence and for the built-in music alone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Heard(pub(crate) u16);

impl Heard {
    pub(crate) fn has(self, voice: usize) -> bool {
        self.0 >> voice & 1 == 1
    }

    pub(crate) fn is_silent(self) -> bool {
        self.has(SILENT)
    }

    pub(crate) fn is_music(self) -> bool {
        self.has(MUSIC)
    }

    pub(crate) fn voices(self) -> impl Iterator<Item = usize> {
        (0..VOICES).filter(move |voice| self.has(*voice))
    }

    pub(crate) fn tones(self) -> impl Iterator<Item = usize> {
        (0..TONES).filter(move |tone| self.has(VOICES + tone))
    }
}

/// Returns the voices of a coded frame, its tones if `tones` is set, and the voices that exceed the
/// codec's noise.
pub(crate) fn hear_loud(codec: Codec, payload: &[u8], tones: bool) -> (Heard, u16) {
    let Some(part) = payload.last_chunk::<LOOKED_AT>() else {
        return (Heard(1 << SILENT), 0);
    };
    if part.iter().all(|code| *code == part[0]) {
        return (Heard(1 << SILENT), 0);
    }
    let ear = ear();
    let samples = match codec {
        Codec::Pcmu => &ear.samples[0],
        Codec::Pcma => &ear.samples[1],
        // `WideEar` decodes G.722.
        Codec::G722 | Codec::Opus => return (Heard::default(), 0),
    };
    let samples = part.iter().map(|code| samples[usize::from(*code)]);
    let (mut heard, loud) = voices_in(samples, tones);
    if heard == 0 && !tones && !music_frames(codec, payload).0.is_empty() {
        heard |= 1 << MUSIC;
    }
    (Heard(heard), loud)
}

/// Returns a bit for each voice and each tone in the analyzed samples of a frame. Also returns a
/// bit for each one that exceeds the codec's noise.
pub(crate) fn voices_in(samples: impl Iterator<Item = i16>, tones: bool) -> (u16, u16) {
    let ear = ear();
    let mut folded = [0.0_f32; PERIOD];
    for (at, (sample, window)) in samples.zip(&ear.window).enumerate() {
        folded[at % PERIOD] += f32::from(sample) * window;
    }
    let (mut heard, mut loud) = (0, 0);
    let power = |amplitude: f32| (amplitude * LOOKED_AT as f32 / 2.0).powi(2);
    let waves = if tones { VOICES + TONES } else { VOICES };
    for (voice, [sine, cosine]) in ear.waves[..waves].iter().enumerate() {
        let along = |wave: &[f32; PERIOD]| -> f32 {
            let products = folded.iter().zip(wave).map(|(a, b)| a * b);
            products.sum()
        };
        let found = along(sine).powi(2) + along(cosine).powi(2);
        heard |= u16::from(found >= power(THRESHOLD)) << voice;
        loud |= u16::from(found >= power(LOUD)) << voice;
    }
    (heard, loud)
}

#[cfg(test)]
mod tests {
    use super::{FRAME, Heard, TONES, VOICES, frame, hear_loud, tone};
    use crate::music::WRONG_MAX;
    use confab_terms::Codec;

    fn hear(codec: Codec, payload: &[u8], tones: bool) -> Heard {
        hear_loud(codec, payload, tones).0
    }

    fn mix(voices: &[usize], codec: Codec, gain: f64) -> [u8; FRAME] {
        let mut sum = [0_i16; FRAME];
        for &voice in voices {
            let mut samples = [0; FRAME];
            confab_codec::decode(codec, &frame(voice, codec), &mut samples);
            for (sum, sample) in sum.iter_mut().zip(samples) {
                *sum += (f64::from(sample) * gain) as i16;
            }
        }
        let mut coded = [0; FRAME];
        confab_codec::encode(codec, &sum, &mut coded);
        coded
    }

    #[test]
    fn every_mix_of_eight_is_told_from_every_other() {
        for set in 1_u16..256 {
            let voices: Vec<usize> = (0..8).filter(|v| set >> v & 1 == 1).collect();
            for codec in [Codec::Pcmu, Codec::Pcma] {
                for gain in [1.0, 0.25] {
                    assert_eq!(
                        hear(codec, &mix(&voices, codec, gain), true),
                        Heard(set),
                        "{gain}"
                    );
                }
            }
        }
        assert!(hear(Codec::Pcmu, &frame(VOICES - 1, Codec::Pcmu), true).has(VOICES - 1));
    }

    #[test]
    fn no_voice_is_in_the_built_in_music_and_no_tone_for_longer_than_a_note_begins() {
        let music = confab_codec::music::built_in();
        let mut frames_with_tone = 0;
        for (at, samples) in music.windows(FRAME).step_by(FRAME / 2).enumerate() {
            let mut coded = [0; FRAME];
            confab_codec::encode(Codec::Pcmu, samples, &mut coded);
            let heard = hear(Codec::Pcmu, &coded, true);
            let at = at * FRAME / 2;
            assert_eq!(heard.voices().count(), 0, "at {at}");
            frames_with_tone = match heard.tones().count() {
                0 => 0,
                _ => frames_with_tone + 1,
            };
            // Half of the number that counts as wrong.
            assert!(frames_with_tone < WRONG_MAX, "at {at}");
        }
    }

    #[test]
    fn every_tone_is_told_from_every_other() {
        for which in 0..TONES {
            let mut samples = [0; FRAME];
            for (at, sample) in samples.iter_mut().enumerate() {
                *sample = tone(which, at as u64);
            }
            let mut coded = [0; FRAME];
            confab_codec::encode(Codec::Pcma, &samples, &mut coded);
            let heard = hear(Codec::Pcma, &coded, true);
            assert_eq!(heard.tones().collect::<Vec<_>>(), [which]);
            assert_eq!(heard.voices().count(), 0);
        }
    }
}
