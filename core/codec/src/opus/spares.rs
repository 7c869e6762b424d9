//! Encoders and decoders of Opus that nobody needs just now. A leg is lent one when it may speak or
//! hear something of its own, and gives it back: most legs of a conference only listen.

use confab_terms::limits::OPUS_SPARES_MAX;

/// What is there to be lent. Taken between two ticks, given back in one: that takes no memory.
pub struct OpusSpares {
    pub(super) encoders: Spares<opus_rs::OpusEncoder>,
    pub(super) decoders: Spares<opus_rs::OpusDecoder>,
}

pub(super) struct Spares<T>(Vec<Box<T>>);

impl<T> Spares<T> {
    fn none() -> Self {
        Self(Vec::with_capacity(OPUS_SPARES_MAX))
    }

    /// One that remembers nothing of whoever had it before.
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

/// What is spare is worth no copy.
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
