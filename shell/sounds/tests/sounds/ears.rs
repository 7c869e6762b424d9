//! Plays sounds and measures the samples. Not a test itself.

use std::f64::consts::PI;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use confab_sounds::{CacheConfig, Sounds, SoundsConfig, Told, Want};
use confab_switchboard::DecodeError;
use confab_terms::{AudioId, DecodeId, LegId, PlayerId, Rate, SoundId};

pub(crate) struct Ears {
    pub(crate) sounds: Sounds,
    pub(crate) told: Receiver<Told>,
}

impl Ears {
    pub(crate) fn new() -> Self {
        Self::with_cache(CacheConfig::default())
    }

    pub(crate) fn with_cache(cache: CacheConfig) -> Self {
        let (sender, told) = channel();
        let sink = Box::new(move |one| {
            let _ = sender.send(one);
        });
        let sounds = Sounds::start(SoundsConfig {
            cache,
            ..SoundsConfig::new(sink)
        });
        Self { sounds, told }
    }

    pub(crate) fn audio(&self, bytes: &[u8], content_type: &str) -> AudioId {
        let (audio, mut writer) = self
            .sounds
            .begin_audio("http://x/", content_type, None)
            .expect("room");
        for piece in bytes.chunks(1_400) {
            writer.write(piece).expect("room");
        }
        writer.finish();
        audio
    }

    pub(crate) fn next(&self) -> Told {
        self.told
            .recv_timeout(Duration::from_secs(30))
            .expect("an answer")
    }

    pub(crate) fn decoded(&self) -> Result<SoundId, DecodeError> {
        match self.next() {
            Told::Decoded { result, .. } => result,
            Told::Feed { .. } => panic!("a feed that nobody wanted"),
        }
    }

    pub(crate) fn fed(&self) -> (u64, Vec<i16>, bool) {
        match self.next() {
            Told::Feed {
                want,
                samples,
                last,
            } => (want.position, samples.to_vec(), last),
            Told::Decoded { .. } => panic!("decoded what nobody asked for"),
        }
    }

    pub(crate) fn want(&self, sound: SoundId, position: u64) {
        self.want_at(Rate::Hz8000, sound, position);
    }

    fn want_at(&self, rate: Rate, sound: SoundId, position: u64) {
        self.want_of(LegId(1), rate, sound, position);
    }

    pub(crate) fn want_of(&self, leg: LegId, rate: Rate, sound: SoundId, position: u64) {
        self.sounds.want(Want {
            leg,
            player: PlayerId(1),
            sound,
            position,
            rate,
        });
    }

    /// Returns a sound from beginning to end.
    pub(crate) fn all(&self, sound: SoundId) -> Vec<i16> {
        self.all_at(Rate::Hz8000, sound)
    }

    pub(crate) fn all_at(&self, rate: Rate, sound: SoundId) -> Vec<i16> {
        let mut all = Vec::new();
        loop {
            let place = (all.len() / rate.factor()) as u64;
            self.want_at(rate, sound, place);
            let (position, samples, last) = self.fed();
            assert_eq!(position, place);
            assert!(samples.len() <= 8_000 * rate.factor());
            assert!(samples.len().is_multiple_of(rate.factor()));
            assert!(last || !samples.is_empty(), "neither samples nor an end");
            all.extend(samples);
            if last {
                return all;
            }
        }
    }

    pub(crate) fn play(&self, bytes: &[u8], content_type: &str) -> Result<Vec<i16>, DecodeError> {
        let audio = self.audio(bytes, content_type);
        self.sounds.decode(DecodeId(1), audio, None);
        self.decoded().map(|sound| self.all(sound))
    }
}

/// Returns the amplitude of a tone; full scale is 1.
pub(crate) fn tone(samples: &[i16], hertz: f64) -> f64 {
    tone_at(Rate::Hz8000, samples, hertz)
}

pub(crate) fn tone_at(rate: Rate, samples: &[i16], hertz: f64) -> f64 {
    let rate = f64::from(rate.hz());
    let (mut real, mut imaginary, mut weight) = (0.0, 0.0, 0.0);
    let count = samples.len() as f64;
    for (at, sample) in samples.iter().enumerate() {
        let hann = 0.5 - 0.5 * (2.0 * PI * at as f64 / count).cos();
        let angle = 2.0 * PI * hertz * at as f64 / rate;
        real += hann * f64::from(*sample) * angle.cos();
        imaginary += hann * f64::from(*sample) * angle.sin();
        weight += hann;
    }
    2.0 * real.hypot(imaginary) / weight / 32_768.0
}

/// Returns the power of everything but a tone, in decibels below the tone.
pub(crate) fn purity_db(samples: &[i16], hertz: f64) -> f64 {
    purity_db_at(Rate::Hz8000, samples, hertz)
}

pub(crate) fn purity_db_at(rate: Rate, samples: &[i16], hertz: f64) -> f64 {
    let rate = f64::from(rate.hz());
    // Only the middle: filters start and stop at the ends.
    let samples = &samples[samples.len() / 8..samples.len() * 7 / 8];
    let (mut cc, mut cs, mut ss, mut xc, mut xs) = (0.0, 0.0, 0.0, 0.0, 0.0);
    for (at, sample) in samples.iter().enumerate() {
        let (sin, cos) = (2.0 * PI * hertz * at as f64 / rate).sin_cos();
        let x = f64::from(*sample);
        cc += cos * cos;
        cs += cos * sin;
        ss += sin * sin;
        xc += x * cos;
        xs += x * sin;
    }
    let det = cc * ss - cs * cs;
    let (a, b) = ((xc * ss - xs * cs) / det, (xs * cc - xc * cs) / det);
    let (mut signal, mut rest) = (0.0, 0.0);
    for (at, sample) in samples.iter().enumerate() {
        let (sin, cos) = (2.0 * PI * hertz * at as f64 / rate).sin_cos();
        let fit = a * cos + b * sin;
        signal += fit * fit;
        rest += (f64::from(*sample) - fit).powi(2);
    }
    10.0 * (signal / rest.max(1e-9)).log10()
}
