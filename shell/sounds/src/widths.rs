//! Samples of one sound at 8 kHz, and at 16 kHz as far as the source has more and there is room.
//! Beyond these, samples at 16 kHz are converted from the narrow ones.

use std::sync::{Arc, LazyLock};

use confab_terms::{Rate, SoundId};

use crate::decoder::Decoded;
use crate::resampler::{Filter, Resampler};
use crate::samples::{Samples, Served};
use crate::widened::{Part, Widened};

const FACTOR: usize = Rate::Hz16000.factor();

static WIDENING: LazyLock<Arc<Filter>> =
    LazyLock::new(|| Arc::new(Filter::new(Rate::Hz8000.hz(), Rate::Hz16000)));

#[derive(Debug)]
pub(crate) struct Widths {
    narrow: Samples,
    wide: Samples,
    /// True once no more wide samples are kept.
    wide_is_over: bool,
}

impl Default for Widths {
    fn default() -> Self {
        Self {
            narrow: Samples::new(Rate::Hz8000),
            wide: Samples::new(Rate::Hz16000),
            wide_is_over: false,
        }
    }
}

impl Widths {
    /// Returns the number of samples at 8 kHz.
    pub(crate) fn len(&self) -> u64 {
        self.narrow.len() as u64
    }

    /// Returns the first position that is kept, at 8 kHz.
    pub(crate) fn start(&self) -> u64 {
        self.narrow.start() as u64
    }

    /// Drops the whole chunks before a position.
    pub(crate) fn drop_before(&mut self, position: u64) {
        let position = usize::try_from(position).unwrap_or(usize::MAX);
        self.narrow.drop_before(position);
        self.wide.drop_before(position.saturating_mul(FACTOR));
    }

    pub(crate) fn wide_bytes(&self) -> usize {
        self.wide.bytes()
    }

    pub(crate) fn bytes(&self) -> usize {
        self.narrow.bytes() + self.wide.bytes()
    }

    pub(crate) fn push(&mut self, new: Decoded<'_>) {
        self.narrow.push(new.narrow);
        match new.wide {
            Some(wide) if !self.wide_is_over => self.wide.push(wide),
            Some(_) => {}
            None => self.end_wide(),
        }
    }

    /// Returns whether new wide samples are kept.
    pub(crate) fn takes_wide(&self) -> bool {
        !self.wide_is_over
    }

    /// Frees the wide samples: the whole sound is then converted from narrow ones.
    pub(crate) fn drop_wide(&mut self) {
        self.wide = Samples::new(Rate::Hz16000);
        self.wide.end();
        self.wide_is_over = true;
    }

    /// Ends the wide samples: the rest of the sound is converted from narrow ones.
    pub(crate) fn end_wide(&mut self) {
        if !self.wide_is_over {
            self.wide_is_over = true;
            self.wide.resize(self.wide.len() / FACTOR * FACTOR);
            self.wide.end();
        }
    }

    pub(crate) fn end(&mut self) {
        self.narrow.end();
        if !self.wide_is_over {
            // The two filters do not end at the same sample.
            self.wide.resize(self.narrow.len() * FACTOR);
        }
        self.end_wide();
    }

    pub(crate) fn has_ended(&self) -> bool {
        self.narrow.has_ended()
    }

    /// Returns whether a player can begin.
    pub(crate) fn can_begin(&self) -> bool {
        self.narrow.can_begin()
    }

    /// Returns the samples from a position, up to a second; `None` while there are too few.
    pub(crate) fn serve(
        &self,
        sound: SoundId,
        position: u64,
        rate: Rate,
        widened: &mut Widened,
    ) -> Option<Served> {
        let position = usize::try_from(position).unwrap_or(usize::MAX);
        if rate == Rate::Hz8000 {
            return self.narrow.serve(position);
        }
        let at = position.saturating_mul(FACTOR);
        if at >= self.wide.len() && self.wide_is_over {
            return self.serve_widened(sound, position, widened);
        }
        let mut served = self.wide.serve(at)?;
        let end = at.saturating_add(served.samples.len());
        served.last = self.narrow.has_ended() && end >= self.narrow.len() * FACTOR;
        Some(served)
    }

    fn serve_widened(
        &self,
        sound: SoundId,
        position: usize,
        widened: &mut Widened,
    ) -> Option<Served> {
        let narrow = &self.narrow;
        let reach = WIDENING.reach();
        let mut count = narrow.count_from(position)?;
        if !narrow.has_ended() {
            // Later samples contribute to the last ones.
            count = count.min((narrow.len() - position).saturating_sub(reach));
            if count == 0 {
                return None;
            }
        }
        let samples = if count == 0 {
            Arc::from([])
        } else {
            let part = Part {
                sound,
                position,
                count,
            };
            widened.get_or_make(part, || self.widen(position, count, reach))
        };
        let last = narrow.has_ended() && position.saturating_add(count) >= narrow.len();
        Some(Served { samples, last })
    }

    fn widen(&self, position: usize, count: usize, reach: usize) -> Arc<[i16]> {
        let lead = reach.min(position - self.narrow.start());
        let most = self.narrow.len() - (position - lead);
        let known = self
            .narrow
            .copied(position - lead, (lead + count + reach).min(most));
        let input: Vec<f32> = known
            .iter()
            .map(|&sample| f32::from(sample) / 32_768.0)
            .collect();
        let mut resampler = Resampler::with(WIDENING.clone());
        let mut wide = Vec::with_capacity(FACTOR * input.len());
        resampler.push(&input, &mut wide);
        resampler.finish(&mut wide);
        let from = FACTOR * lead;
        wide[from..from + FACTOR * count].into()
    }
}
