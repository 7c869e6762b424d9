//! G.722 of simulated phones: encoding of their voices, decoding of the audio sent to them. Decoded
//! frames are not exact, as the codec remembers earlier frames; the built-in music is therefore
//! recognized by the distance of a frame from it.

use std::sync::OnceLock;

use confab_codec::{G722Decoder, G722Encoder, Resampler};
use confab_terms::Rate;

use crate::hearing::MusicFrames;
use crate::voices::{
    AMPLITUDE, FRAME, Heard, LOOKED_AT, MUSIC, SILENT, VOICES, turns_at, voices_in,
};

/// Samples of a frame at 16 kHz.
pub(crate) const WIDE_FRAME: usize = 2 * FRAME;

/// G.722 encoder of a phone; its frames differ, unlike those of G.711.
#[derive(Clone, Debug, Default)]
pub(crate) struct WideVoice {
    encoder: G722Encoder,
}

impl WideVoice {
    /// Returns the next frame of a voice in G.722.
    pub(crate) fn frame(&mut self, voice: usize) -> [u8; FRAME] {
        static SAMPLES: OnceLock<Vec<[i16; WIDE_FRAME]>> = OnceLock::new();
        let samples = SAMPLES.get_or_init(|| {
            let of_voice = |voice: usize| {
                core::array::from_fn(|at| {
                    (turns_at(Rate::Hz16000, voice, at).sin() * AMPLITUDE) as i16
                })
            };
            (0..VOICES).map(of_voice).collect()
        });
        let mut coded = [0; FRAME];
        self.encoder.encode(&samples[voice], &mut coded);
        coded
    }
}

/// Samples at the start of a frame that are not compared: 64 with the fade-in of a player, and 46
/// in the codec's filters.
const UNCOMPARED: usize = 112;
/// G.722 decoder of a phone, with detection of voices and music.
#[derive(Clone, Debug, Default)]
pub(crate) struct WideEar {
    decoder: G722Decoder,
    /// Kind of the last frame.
    kind: Kind,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Kind {
    Silence,
    Music,
    #[default]
    Other,
}

impl WideEar {
    /// Returns the voices in the next frame and the voices that exceed noise; and the possible
    /// numbers of the frame in the music, with the number of its frames.
    pub(crate) fn hear(&mut self, payload: &[u8], tones: bool) -> ((Heard, u16), MusicFrames) {
        let mut samples = [0; WIDE_FRAME];
        self.decoder.decode(payload, &mut samples);
        let narrow = samples.iter().step_by(2).skip(FRAME - LOOKED_AT);
        let (mut heard, loud) = voices_in(narrow.copied(), tones);
        let kind = if self.is_like(Kind::Silence, &[0; WIDE_FRAME], &samples) {
            Kind::Silence
        } else {
            Kind::Music
        };
        let frames = music().as_chunks::<WIDE_FRAME>().0;
        let numbers: Vec<u64> = if heard != 0 || kind == Kind::Silence {
            Vec::new()
        } else {
            let frames = (0..).zip(frames);
            let like = frames.filter(|(_, frame)| self.is_like(Kind::Music, frame, &samples));
            like.map(|(number, _)| number).collect()
        };
        self.kind = if kind == Kind::Music && numbers.is_empty() {
            Kind::Other
        } else {
            kind
        };
        match self.kind {
            Kind::Silence => heard = 1 << SILENT,
            Kind::Music if !tones => heard |= 1 << MUSIC,
            Kind::Music | Kind::Other => {}
        }
        ((Heard(heard), loud), (numbers, frames.len() as u64))
    }

    /// Returns whether a frame is the expected one of its kind, up to the codec's noise. In
    /// silence, the root mean square of the noise is at most 24. In music, the noise is 1 % of the
    /// signal (measured: at most 43 of 4,253). In the first frame of a kind, the codec's step sizes
    /// are those of the former frame: the noise is at most 80 of 2,352 there.
    fn is_like(&self, kind: Kind, expected: &[i16; WIDE_FRAME], frame: &[i16; WIDE_FRAME]) -> bool {
        let compared = || UNCOMPARED..WIDE_FRAME;
        let mean = |sum: f32| (sum / compared().len() as f32).sqrt();
        let squares = expected[compared()].iter().map(|&x| f32::from(x).powi(2));
        let allowed = 28.0 + mean(squares.sum()) / 64.0;
        let allowed = if self.kind == kind {
            allowed
        } else {
            4.0 * allowed
        };
        let bound = allowed.powi(2) * compared().len() as f32;
        let mut sum = 0.0;
        let pairs = expected[compared()].iter().zip(&frame[compared()]);
        for (&expected, &sample) in pairs {
            sum += (f32::from(expected) - f32::from(sample)).powi(2);
            if sum > bound {
                return false;
            }
        }
        true
    }
}

/// Returns the built-in music after G.722 encoding and decoding.
fn music() -> &'static [i16] {
    static MUSIC: OnceLock<Vec<i16>> = OnceLock::new();
    MUSIC.get_or_init(|| {
        let narrow = confab_codec::music::built_in();
        let mut resampler = Resampler::new(Rate::Hz8000, Rate::Hz16000);
        let mut encoder = G722Encoder::default();
        let mut decoder = G722Decoder::default();
        let mut heard = vec![0; 2 * narrow.len()];
        // The second pass starts with the filters' state at the end of the first.
        for _ in 0..2 {
            for (narrow, heard) in narrow.chunks(FRAME).zip(heard.chunks_mut(WIDE_FRAME)) {
                let (mut wide, mut coded) = ([0; WIDE_FRAME], [0; FRAME]);
                resampler.run(narrow, &mut wide);
                encoder.encode(&wide, &mut coded);
                decoder.decode(&coded, heard);
            }
        }
        heard
    })
}
