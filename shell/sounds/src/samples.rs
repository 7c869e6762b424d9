//! The samples of one sound, growing while it is decoded, served in chunks.

use std::sync::Arc;

use confab_terms::limits::SOUND_CHUNK_SAMPLES;

use crate::limits::FEED_SAMPLES_MIN;

#[derive(Debug, Default)]
pub(crate) struct Samples {
    /// Each of `SOUND_CHUNK_SAMPLES`: shared with whoever plays it.
    chunks: Vec<Arc<[i16]>>,
    tail: Vec<i16>,
    ended: bool,
}

/// What a player gets.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Served {
    pub(crate) samples: Arc<[i16]>,
    pub(crate) last: bool,
}

impl Samples {
    pub(crate) fn len(&self) -> u64 {
        (self.chunks.len() * SOUND_CHUNK_SAMPLES + self.tail.len()) as u64
    }

    pub(crate) fn bytes(&self) -> usize {
        self.len() as usize * size_of::<i16>()
    }

    pub(crate) fn push(&mut self, mut samples: &[i16]) {
        while !samples.is_empty() {
            let room = SOUND_CHUNK_SAMPLES - self.tail.len();
            let (now, later) = samples.split_at(room.min(samples.len()));
            self.tail.extend_from_slice(now);
            if self.tail.len() == SOUND_CHUNK_SAMPLES {
                self.chunks.push(self.tail.as_slice().into());
                self.tail.clear();
            }
            samples = later;
        }
    }

    pub(crate) fn end(&mut self) {
        self.ended = true;
        self.tail.shrink_to_fit();
    }

    pub(crate) fn has_ended(&self) -> bool {
        self.ended
    }

    /// Whether a player could begin.
    pub(crate) fn can_begin(&self) -> bool {
        self.len() >= FEED_SAMPLES_MIN as u64 || (self.ended && self.len() > 0)
    }

    /// The samples from a position on, up to the next chunk's beginning or a chunk beyond; `None`
    /// while there are too few to be worth it.
    pub(crate) fn serve(&self, position: u64) -> Option<Served> {
        let len = self.len();
        if position >= len {
            let samples = Arc::from([]);
            return self.ended.then_some(Served {
                samples,
                last: true,
            });
        }
        let chunk = SOUND_CHUNK_SAMPLES as u64;
        if position.is_multiple_of(chunk)
            && let Some(whole) = self.chunks.get((position / chunk) as usize)
        {
            return Some(self.served(whole.clone(), position, len));
        }
        let to_boundary = chunk - position % chunk;
        let least = FEED_SAMPLES_MIN as u64;
        let most = if to_boundary < least {
            chunk
        } else {
            to_boundary
        };
        let there = (len - position).min(most);
        if there < least.min(most) && !self.ended {
            return None;
        }
        let samples = self.copied(position as usize, there as usize);
        Some(self.served(samples, position, len))
    }

    fn served(&self, samples: Arc<[i16]>, position: u64, len: u64) -> Served {
        let last = self.ended && position + samples.len() as u64 == len;
        Served { samples, last }
    }

    fn copied(&self, position: usize, count: usize) -> Arc<[i16]> {
        let mut copy = Vec::with_capacity(count);
        let mut at = position;
        while copy.len() < count {
            let chunk = self.chunks.get(at / SOUND_CHUNK_SAMPLES);
            let chunk = chunk.map_or(self.tail.as_slice(), |chunk| &chunk[..]);
            let from = &chunk[at % SOUND_CHUNK_SAMPLES..];
            let now = from.len().min(count - copy.len());
            copy.extend_from_slice(&from[..now]);
            at += now;
        }
        copy.into()
    }
}
