//! Recent conversions of narrow samples to 16 kHz, shared by legs that play the same part.

use std::collections::VecDeque;
use std::sync::Arc;

use confab_terms::SoundId;

use crate::limits::WIDENED_CHUNKS_MAX;

/// Part of a sound, whose samples never change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Part {
    pub(crate) sound: SoundId,
    pub(crate) position: usize,
    pub(crate) count: usize,
}

/// Recent conversions; the oldest is dropped first.
#[derive(Debug, Default)]
pub(crate) struct Widened {
    kept: VecDeque<(Part, Arc<[i16]>)>,
}

impl Widened {
    pub(crate) fn get_or_make(
        &mut self,
        part: Part,
        make: impl FnOnce() -> Arc<[i16]>,
    ) -> Arc<[i16]> {
        if let Some((_, samples)) = self.kept.iter().find(|(known, _)| *known == part) {
            return samples.clone();
        }
        let samples = make();
        if self.kept.len() == WIDENED_CHUNKS_MAX {
            self.kept.pop_front();
        }
        self.kept.push_back((part, samples.clone()));
        samples
    }
}
