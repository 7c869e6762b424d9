//! Chunks of a decoded sound that a player buffers: slightly ahead of its position, requested by
//! position, at most a few. The complete sound is stored elsewhere.

use std::sync::Arc;

use confab_terms::Rate;
use confab_terms::limits::{SOUND_CHUNK_SAMPLES, SOUND_CHUNKS_MAX};
use serde::{Deserialize, Serialize};

use crate::half_band::{REACH, doubled, halved};

/// Number of buffered samples below which the next chunk is requested: 500 ms at 8 kHz.
const AHEAD_MIN: usize = SOUND_CHUNK_SAMPLES / 2;
/// Number of ticks after which a request is repeated: half a second.
const ASK_AGAIN_TICKS: u64 = 25;

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Chunk {
    /// Position of the chunk's first sample, counted at 8 kHz like all positions.
    position: u64,
    samples: Arc<[i16]>,
    played: usize,
    /// True for the whole of a short sound that repeats: the chunk is kept and played again.
    stays: bool,
}

/// Buffered chunks of a sound.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Held {
    /// Sampling rate of the samples.
    rate: Rate,
    /// Chunks, the current one first; stored in place, so that a new player allocates nothing.
    chunks: [Option<Chunk>; SOUND_CHUNKS_MAX],
    /// Position of the first sample that is not buffered: the next request.
    next: u64,
    /// Tick of the pending request.
    asked: Option<u64>,
    /// True if the last chunk was received.
    complete: bool,
    repeats: bool,
}

/// Result of an added chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fed {
    Taken,
    /// Not the requested chunk.
    Stale,
    /// The sound has no samples.
    Gone,
}

impl Held {
    pub(crate) fn new(position: u64, repeats: bool, rate: Rate) -> Self {
        Self {
            rate,
            chunks: [const { None }; SOUND_CHUNKS_MAX],
            next: position,
            asked: None,
            complete: false,
            repeats,
        }
    }

    /// Returns the position of the next chunk if a request is due, and records the request.
    pub(crate) fn ask(&mut self, tick: u64) -> Option<u64> {
        let waits = self
            .asked
            .is_some_and(|asked| tick < asked + ASK_AGAIN_TICKS);
        if waits
            || self.complete
            || self.chunks[SOUND_CHUNKS_MAX - 1].is_some()
            || self.ahead() >= AHEAD_MIN * self.rate.factor()
        {
            return None;
        }
        self.asked = Some(tick);
        Some(self.next)
    }

    pub(crate) fn ask_anew(&mut self) {
        self.asked = None;
    }

    pub(crate) fn feed(
        &mut self,
        position: u64,
        (rate, samples): (Rate, Arc<[i16]>),
        last: bool,
    ) -> Fed {
        if self.asked.is_none() || position != self.next || rate != self.rate {
            return Fed::Stale;
        }
        if samples.is_empty() && !last {
            // Not decoded yet: the request remains pending, and will be repeated.
            return Fed::Taken;
        }
        // Excess samples are cut off, and requested later.
        let most = SOUND_CHUNK_SAMPLES * rate.factor();
        let last = last && samples.len() <= most;
        // A chunk ends at a whole position.
        let whole = samples.len().min(most) / rate.factor() * rate.factor();
        let samples = if whole < samples.len() {
            Arc::from(&samples[..whole])
        } else {
            samples
        };
        self.asked = None;
        if samples.is_empty() && position == 0 {
            return Fed::Gone;
        }
        self.next += (samples.len() / rate.factor()) as u64;
        let stays = last && self.repeats && position == 0;
        self.complete = last && !self.repeats || stays;
        if !samples.is_empty() {
            let chunk = Chunk {
                position,
                samples,
                played: 0,
                stays,
            };
            // A free place exists, because the chunk was requested.
            if let Some(free) = self.chunks.iter_mut().find(|place| place.is_none()) {
                *free = Some(chunk);
            }
        }
        if last && self.repeats {
            self.next = 0;
        }
        Fed::Taken
    }

    /// Writes the buffered samples, across the sound's end if it repeats; returns their number.
    pub(crate) fn play(&mut self, out: &mut [i16]) -> usize {
        let mut at = 0;
        while at < out.len() {
            let Some(chunk) = &mut self.chunks[0] else {
                break;
            };
            let from = &chunk.samples[chunk.played..];
            let n = from.len().min(out.len() - at);
            out[at..at + n].copy_from_slice(&from[..n]);
            at += n;
            chunk.played += n;
            if chunk.played == chunk.samples.len() {
                if chunk.stays {
                    chunk.played = 0;
                } else {
                    self.chunks[0] = None;
                    self.chunks.rotate_left(1);
                }
            }
        }
        at
    }

    /// Returns whether the last sample was played.
    pub(crate) fn is_over(&self) -> bool {
        self.complete && self.chunks[0].is_none()
    }

    /// Returns the position of the next sample.
    pub(crate) fn position(&self) -> u64 {
        let first = self.chunks[0].as_ref();
        let factor = self.rate.factor();
        first.map_or(self.next, |chunk| {
            chunk.position + (chunk.played / factor) as u64
        })
    }

    /// Changes the sampling rate and converts the buffered samples, so that no new chunk is needed.
    /// Samples at the end, for which the filter lacks following samples, are requested again.
    pub(crate) fn fit(&mut self, rate: Rate) {
        let from = core::mem::replace(&mut self.rate, rate);
        if from == rate {
            return;
        }
        self.asked = None;
        let held = self.chunks.iter().flatten();
        let samples: Vec<i16> = held
            .flat_map(|chunk| chunk.samples.iter().copied())
            .collect();
        let made = if rate > from {
            doubled(&samples)
        } else {
            halved(&samples)
        };
        let over = self.complete && !self.repeats;
        let kept = if over {
            made.len()
        } else {
            made.len().saturating_sub(REACH * rate.factor())
        };
        let mut rest = &made[..kept];
        let mut is_cut = false;
        for place in &mut self.chunks {
            if is_cut {
                *place = None;
            }
            let Some(chunk) = place else { continue };
            let length = chunk.samples.len() * rate.factor() / from.factor();
            let (own, others) = rest.split_at(length.min(rest.len()));
            rest = others;
            is_cut = own.len() < length;
            chunk.samples = own.into();
            chunk.played = (chunk.played * rate.factor() / from.factor()).min(own.len());
            // The chunk has lost its end, which is requested again.
            chunk.stays = false;
            self.next = chunk.position + (own.len() / rate.factor()) as u64;
        }
        self.complete = over;
    }

    fn ahead(&self) -> usize {
        let held = self.chunks.iter().flatten();
        held.map(|chunk| chunk.samples.len() - chunk.played).sum()
    }
}
