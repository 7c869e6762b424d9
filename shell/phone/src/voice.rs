//! Audio that a phone sends, 20 ms at a time and at any rate; independent of codecs and packets.

use std::f64::consts::TAU;
use std::sync::Arc;

use confab_codec::Resampler;
use confab_terms::Rate;

/// Samples of a frame at 8 kHz, 20 ms.
pub const FRAME_SAMPLES: usize = 160;

/// Audio that a phone sends.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Voice {
    /// Frames of zeros; packets are still sent.
    #[default]
    Silence,
    /// No packets.
    Mute,
    /// Sine.
    Tone {
        /// Frequency in Hz.
        hz: f64,
        /// Level in dBFS; 0 is a full-scale sine.
        dbfs: f64,
    },
    /// Samples at 8 kHz.
    Samples {
        /// Samples to send.
        samples: Arc<[i16]>,
        /// True if the samples repeat without end; otherwise silence follows.
        repeats: bool,
    },
}

/// Source of audio, with its position.
#[derive(Debug, Default)]
pub(crate) struct Mouth {
    voice: Voice,
    /// Number of frames so far.
    at: u64,
    /// Converter of `Samples` from 8 kHz to the rate of the frames.
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

    /// Fills the next frame; returns false if no packet is to be sent.
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
