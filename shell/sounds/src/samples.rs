//! Samples of one sound at one rate, which grow while decoded, and are served in chunks.

use std::collections::VecDeque;
use std::sync::Arc;

use confab_terms::Rate;
use confab_terms::limits::SOUND_CHUNK_SAMPLES;

use crate::limits::FEED_SAMPLES_MIN;

#[derive(Debug)]
pub(crate) struct Samples {
    rate: Rate,
    /// Chunks of a second each, shared with players.
    chunks: VecDeque<Arc<[i16]>>,
    /// Number of chunks before these, which are not kept.
    dropped: usize,
    tail: Vec<i16>,
    ended: bool,
}

/// Samples for a player.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Served {
    pub(crate) samples: Arc<[i16]>,
    pub(crate) last: bool,
}

impl Samples {
    pub(crate) fn new(rate: Rate) -> Self {
        Self {
            rate,
            chunks: VecDeque::new(),
            dropped: 0,
            tail: Vec::new(),
            ended: false,
        }
    }

    /// Returns the number of samples in a chunk.
    fn chunk(&self) -> usize {
        SOUND_CHUNK_SAMPLES * self.rate.factor()
    }

    /// Returns the minimum number of samples of a response.
    fn least(&self) -> usize {
        FEED_SAMPLES_MIN * self.rate.factor()
    }

    pub(crate) fn len(&self) -> usize {
        (self.dropped + self.chunks.len()) * self.chunk() + self.tail.len()
    }

    /// Returns the first position that is kept.
    pub(crate) fn start(&self) -> usize {
        self.dropped * self.chunk()
    }

    /// Drops the whole chunks before a position.
    pub(crate) fn drop_before(&mut self, position: usize) {
        while position >= self.start() + self.chunk() && self.chunks.pop_front().is_some() {
            self.dropped += 1;
        }
    }

    pub(crate) fn bytes(&self) -> usize {
        (self.len() - self.start()) * size_of::<i16>()
    }

    pub(crate) fn push(&mut self, mut samples: &[i16]) {
        let chunk = self.chunk();
        while !samples.is_empty() {
            let room = chunk - self.tail.len();
            let (now, later) = samples.split_at(room.min(samples.len()));
            self.tail.extend_from_slice(now);
            if self.tail.len() == chunk {
                self.chunks.push_back(self.tail.as_slice().into());
                self.tail.clear();
            }
            samples = later;
        }
    }

    /// Cuts the samples off at this length, or appends silence up to it.
    pub(crate) fn resize(&mut self, length: usize) {
        let (whole, rest) = (length / self.chunk(), length % self.chunk());
        let whole = whole.saturating_sub(self.dropped);
        if let Some(chunk) = self.chunks.get(whole) {
            self.tail = chunk[..rest].to_vec();
            self.chunks.truncate(whole);
        } else if whole == self.chunks.len() {
            self.tail.truncate(rest);
        }
        self.push(&vec![0; length.saturating_sub(self.len())]);
    }

    pub(crate) fn end(&mut self) {
        self.ended = true;
        self.tail.shrink_to_fit();
    }

    pub(crate) fn has_ended(&self) -> bool {
        self.ended
    }

    /// Returns whether a player can begin.
    pub(crate) fn can_begin(&self) -> bool {
        self.len() >= self.least() || (self.ended && self.len() > 0)
    }

    /// Returns the number of samples to serve from a position: up to the next chunk, or a whole
    /// chunk if that is near. Returns `None` while there are too few.
    pub(crate) fn count_from(&self, position: usize) -> Option<usize> {
        let len = self.len();
        if position >= len {
            return self.ended.then_some(0);
        }
        let (chunk, least) = (self.chunk(), self.least());
        let to_boundary = chunk - position % chunk;
        let most = if to_boundary < least {
            chunk
        } else {
            to_boundary
        };
        // A response ends at a position that exists at 8 kHz.
        let factor = self.rate.factor();
        let there = (len - position).min(most) / factor * factor;
        (there >= least.min(most) || self.ended).then_some(there)
    }

    /// Returns the samples from a position, which must be kept.
    pub(crate) fn serve(&self, position: usize) -> Option<Served> {
        let count = self.count_from(position)?;
        let chunk = self.chunk();
        let whole = self.chunks.get(position / chunk - self.dropped);
        let samples = match whole.filter(|_| position.is_multiple_of(chunk)) {
            Some(whole) => whole.clone(),
            None => self.copied(position, count).into(),
        };
        let last = self.ended && position.saturating_add(count) >= self.len();
        Some(Served { samples, last })
    }

    pub(crate) fn copied(&self, position: usize, count: usize) -> Vec<i16> {
        let size = self.chunk();
        let mut copy = Vec::with_capacity(count);
        let mut at = position;
        while copy.len() < count {
            let chunk = self.chunks.get(at / size - self.dropped);
            let chunk = chunk.map_or(self.tail.as_slice(), |chunk| &chunk[..]);
            let from = &chunk[at % size..];
            let now = from.len().min(count - copy.len());
            copy.extend_from_slice(&from[..now]);
            at += now;
        }
        copy
    }
}
