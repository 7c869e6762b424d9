//! Spare Opus encoders and decoders. A leg borrows a codec while its voice or an individual mix may
//! be needed. Most legs of a conference only listen to the public sum and need no codec.

use confab_terms::limits::OPUS_SPARES_MAX;

/// Pool of spare codecs. Codecs are taken between two ticks and given back within a tick, which
/// neither allocates nor frees memory.
pub struct OpusSpares {
    pub(super) encoders: Spares<opus_rs::OpusEncoder>,
    pub(super) decoders: Spares<opus_rs::OpusDecoder>,
}

pub(super) struct Spares<T>(Vec<Box<T>>);

impl<T> Spares<T> {
    fn none() -> Self {
        Self(Vec::with_capacity(OPUS_SPARES_MAX))
    }

    /// Returns a codec without history, in a spare allocation if there is one.
    pub(super) fn lend(&mut self, made: impl FnOnce() -> Option<T>) -> Option<Box<T>> {
        let new = made()?;
        let Some(mut spare) = self.0.pop() else {
            return Some(Box::new(new));
        };
        *spare = new;
        Some(spare)
    }

    pub(super) fn keep(&mut self, spare: Option<Box<T>>) {
        self.0
            .extend(spare.filter(|_| self.0.len() < OPUS_SPARES_MAX));
    }
}

impl Default for OpusSpares {
    fn default() -> Self {
        Self {
            encoders: Spares::none(),
            decoders: Spares::none(),
        }
    }
}

/// A clone of the pool is empty: spares need no copy.
impl Clone for OpusSpares {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl std::fmt::Debug for OpusSpares {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (encoders, decoders) = (self.encoders.0.len(), self.decoders.0.len());
        write!(f, "OpusSpares({encoders} encoders, {decoders} decoders)")
    }
}
