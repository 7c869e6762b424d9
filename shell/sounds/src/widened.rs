//! What was lately made wide of narrow samples: legs that hear the same share it.

use std::collections::VecDeque;
use std::sync::Arc;

use confab_terms::SoundId;

use crate::limits::WIDENED_CHUNKS_MAX;

/// Which part of which sound; what is there once does not change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Part {
    pub(crate) sound: SoundId,
    pub(crate) position: usize,
    pub(crate) count: usize,
}

/// The parts made last.
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
