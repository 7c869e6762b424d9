//! Audio of the callers, encoded before the measurement: noise with the loudness of speech, a tone
//! for detection, and silence.

use std::f64::consts::TAU;

use confab_codec::{Encoder, OpusSettings, PAYLOAD_BYTES_MAX};
use confab_terms::Codec;

/// Frequency of the tone. Its period divides no number of frames below five, so that an omitted or
/// repeated frame changes the phase.
pub(crate) const TONE_HZ: f64 = 1_010.0;
/// Amplitude of the tone, relative to full scale.
pub(crate) const TONE_AMPLITUDE: f64 = 0.5;
/// Number of frames after which the tone repeats: 101 periods.
const TONE_FRAMES: usize = 5;
/// Length of the noise: ten seconds; callers start at different positions.
const NOISE_FRAMES: usize = 500;
/// Frequency of the syllables in the noise: about that of speech.
const SYLLABLES_HZ: f64 = 4.0;
/// Amplitude between syllables, relative to the maximum; no frame counts as silence.
const PAUSE: f64 = 0.4;

/// A frame of 20 ms, encoded.
pub(crate) type Payload = Box<[u8]>;

/// Encoded audio in one codec.
pub(crate) struct Voices {
    pub(crate) noise: Vec<Payload>,
    pub(crate) tone: Vec<Payload>,
    pub(crate) silence: Payload,
}

/// Returns the amplitude of a caller, relative to full scale, at which the sum of all is far from
/// clipping.
fn loudness(callers: usize) -> f64 {
    const SUM: f64 = 0.125;
    const EACH_MAX: f64 = 0.01;
    (SUM / (callers.max(1) as f64).sqrt()).min(EACH_MAX)
}

impl Voices {
    /// Encodes the audio for a number of callers in a room.
    pub(crate) fn new(codec: Codec, callers: usize) -> Self {
        let samples = codec.rate().frame_samples();
        let rate = codec.rate().hz() as f64;
        let noise = noise(NOISE_FRAMES * samples, rate, loudness(callers));
        // Opus has state: the frames before the kept ones let these follow each other without a
        // break.
        let periods = TONE_FRAMES * if codec == Codec::Opus { 40 } else { 1 };
        let tone: Vec<i16> = (0..periods * samples)
            .map(|n| to_sample(TONE_AMPLITUDE * (TAU * TONE_HZ * n as f64 / rate).sin()))
            .collect();
        let silence = encode(codec, &vec![0; samples], samples);
        Self {
            noise: encode(codec, &noise, samples),
            tone: encode(codec, &tone, samples),
            silence: silence.into_iter().next().unwrap_or_default(),
        }
    }
}

fn encode(codec: Codec, samples: &[i16], frame: usize) -> Vec<Payload> {
    let mut encoder = Encoder::new(codec, OpusSettings::default());
    let mut out = [0; PAYLOAD_BYTES_MAX];
    let frames = samples.chunks_exact(frame);
    frames
        .map(|frame| {
            let length = encoder.encode(frame, &mut out);
            out[..length].into()
        })
        .collect()
}

/// Generates low-pass noise with an envelope of syllables.
fn noise(samples: usize, rate: f64, loudness: f64) -> Vec<i16> {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut low = 0.0;
    // One pole at about 1 kHz; the gain restores the lost energy.
    let share = 1.0 - (-TAU * 1_000.0 / rate).exp();
    let gain = ((2.0 - share) / share).sqrt() * 3f64.sqrt();
    (0..samples)
        .map(|n| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            let white = (state >> 11) as f64 / (1u64 << 52) as f64 - 1.0;
            low += share * (white - low);
            let swell = 0.5 - 0.5 * (TAU * SYLLABLES_HZ * n as f64 / rate).cos();
            to_sample(low * gain * loudness * (PAUSE + (1.0 - PAUSE) * swell))
        })
        .collect()
}

fn to_sample(of_full_scale: f64) -> i16 {
    (of_full_scale.clamp(-1.0, 1.0) * 32_767.0) as i16
}
