//! Mixdown of decoded frames of any rate and channel count to mono at 8 and 16 kHz.

use confab_terms::Rate;

use crate::decoder::{Decoded, Decoders, Out};
use crate::limits::{CHANNELS_MAX, RATE_MAX, RATE_MIN};
use crate::resampler::Resampler;

#[derive(Default)]
pub(crate) struct Mixdown {
    resamplers: Option<Resamplers>,
    mono: Vec<f32>,
    narrow: Vec<i16>,
    wide: Vec<i16>,
}

/// Converters from one rate of the source.
struct Resamplers {
    rate: u32,
    narrow: Resampler,
    /// `None` for a sound that began narrow, which stays narrow.
    wide: Option<Resampler>,
}

impl Mixdown {
    /// Mixes interleaved samples in -1..1 down.
    pub(crate) fn push(
        &mut self,
        decoders: &Decoders,
        rate: u32,
        channels: usize,
        interleaved: &[f32],
    ) -> Result<(), &'static str> {
        if !(RATE_MIN..=RATE_MAX).contains(&rate) {
            return Err("a sampling rate out of all measure");
        }
        if channels == 0 || channels > CHANNELS_MAX {
            return Err("more channels than can be mixed down");
        }
        let share = 1.0 / channels as f32;
        let frames = interleaved.chunks_exact(channels);
        self.mono.clear();
        self.mono
            .extend(frames.map(|frame| frame.iter().sum::<f32>() * share));
        // A stream may change its rate: the old converters are emptied first.
        if self.resamplers.as_ref().is_none_or(|now| now.rate != rate) {
            let old = self.resamplers.take();
            let is_wide = old
                .as_ref()
                .map_or(rate > Rate::Hz8000.hz(), Resamplers::is_wide);
            if let Some(mut old) = old {
                old.finish(&mut self.narrow, &mut self.wide);
            }
            let to = |to| decoders.resampler(rate, to);
            self.resamplers = Some(Resamplers {
                rate,
                narrow: to(Rate::Hz8000),
                wide: is_wide.then(|| to(Rate::Hz16000)),
            });
        }
        if let Some(resamplers) = &mut self.resamplers {
            resamplers.push(&self.mono, &mut self.narrow, &mut self.wide);
        }
        Ok(())
    }

    /// Passes the new samples to `out`.
    pub(crate) fn hand_on(&mut self, out: Out<'_>) {
        if self.narrow.is_empty() && self.wide.is_empty() {
            return;
        }
        out(self.decoded());
        self.narrow.clear();
        self.wide.clear();
    }

    /// Passes the samples that the filters still hold to `out`.
    pub(crate) fn finish(&mut self, out: Out<'_>) {
        if let Some(resamplers) = &mut self.resamplers {
            resamplers.finish(&mut self.narrow, &mut self.wide);
            out(self.decoded());
        }
    }

    fn decoded(&self) -> Decoded<'_> {
        let is_wide = self.resamplers.as_ref().is_some_and(Resamplers::is_wide);
        Decoded {
            narrow: &self.narrow,
            wide: is_wide.then_some(&self.wide),
        }
    }
}

impl Resamplers {
    fn is_wide(&self) -> bool {
        self.wide.is_some()
    }

    fn push(&mut self, mono: &[f32], narrow: &mut Vec<i16>, wide: &mut Vec<i16>) {
        self.narrow.push(mono, narrow);
        if let Some(resampler) = &mut self.wide {
            resampler.push(mono, wide);
        }
    }

    fn finish(&mut self, narrow: &mut Vec<i16>, wide: &mut Vec<i16>) {
        self.narrow.finish(narrow);
        if let Some(resampler) = &mut self.wide {
            resampler.finish(wide);
        }
    }
}
