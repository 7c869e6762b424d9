//! What a phone says, 20 ms at a time. At whatever rate; it knows nothing of codecs or packets.

use std::f64::consts::TAU;
use std::sync::Arc;

use confab_codec::Resampler;
use confab_terms::Rate;

/// Samples of a narrow phone's frame: 20 ms at 8 kHz.
pub const FRAME_SAMPLES: usize = 160;

/// What a phone says.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Voice {
    /// Frames of zeros: packets still flow.
    #[default]
    Silence,
    /// No packets at all.
    Mute,
    /// A sine.
    Tone {
        /// Its frequency.
        hz: f64,
        /// Its level; 0 is the loudest sine there is.
        dbfs: f64,
    },
    /// Speech or whatever, at 8 kHz.
    Samples {
        /// What.
        samples: Arc<[i16]>,
        /// From its start again, for ever; else silence follows.
        repeats: bool,
    },
}

/// A voice, and how far it has spoken.
#[derive(Debug, Default)]
pub(crate) struct Mouth {
    voice: Voice,
    /// Frames spoken.
    at: u64,
    /// Samples are narrow: their way to a wider voice.
    way: Option<Resampler>,
}

impl Mouth {
    pub(crate) fn new(voice: Voice) -> Self {
        Self {
            voice,
            at: 0,
            way: None,
        }
    }

    /// Fills the next frame; false: send nothing.
    pub(crate) fn speak(&mut self, rate: Rate, frame: &mut [i16]) -> bool {
        frame.fill(0);
        let at = self.at;
        self.at += 1;
        match &self.voice {
            Voice::Silence => {}
            Voice::Mute => return false,
            Voice::Tone { hz, dbfs } => tone(rate, frame, at, *hz, *dbfs),
            Voice::Samples { samples, repeats } => {
                let mut narrow = [0; FRAME_SAMPLES];
                copy(&mut narrow, at * FRAME_SAMPLES as u64, samples, *repeats);
                let way = match self.way.take() {
                    Some(way) if way.to() == rate => way,
                    _ => Resampler::new(Rate::Hz8000, rate),
                };
                self.way.insert(way).run(&narrow, frame);
            }
        }
        true
    }
}

#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "a sine within i16"
)]
fn tone(rate: Rate, frame: &mut [i16], at: u64, hz: f64, dbfs: f64) {
    let peak = 32_767.0 * 10f64.powf(dbfs.min(0.0) / 20.0);
    let from = at * frame.len() as u64;
    for (sample, n) in frame.iter_mut().zip(from..) {
        *sample = (peak * (TAU * hz * n as f64 / f64::from(rate.hz())).sin()).round() as i16;
    }
}

fn copy(frame: &mut [i16], at: u64, samples: &[i16], repeats: bool) {
    if samples.is_empty() {
        return;
    }
    let length = samples.len() as u64;
    for (sample, n) in frame.iter_mut().zip(at..) {
        let place = if repeats { n % length } else { n };
        *sample = usize::try_from(place)
            .ok()
            .and_then(|place| samples.get(place).copied())
            .unwrap_or(0);
    }
}
