//! Listeners of a sound that has not ended: where each is, so that the past of a stream is dropped
//! behind the last of them, and where in a stream a new one joins.

use std::collections::BTreeMap;
use std::time::Instant;

use confab_terms::{LegId, PlayerId};

use super::Sound;
use crate::limits::{
    LISTENER_PAUSES_AFTER, STREAM_AFTER, STREAM_SAMPLES_BEHIND, STREAM_SAMPLES_KEPT,
};
use crate::told::Want;

/// Positions are counted at 8 kHz.
#[derive(Debug)]
struct Listener {
    /// Position in the sound of the player's first sample; wraps.
    offset: u64,
    /// Position in the sound of the samples wanted last.
    at: u64,
    seen: Instant,
}

#[derive(Debug, Default)]
pub(super) struct Listeners(BTreeMap<(LegId, PlayerId), Listener>);

#[cfg(test)]
impl Listeners {
    /// As if nobody had wanted anything for long.
    pub(super) fn pause(&mut self) {
        for listener in self.0.values_mut() {
            listener.seen -= LISTENER_PAUSES_AFTER;
        }
    }
}

impl Sound {
    /// Returns whether the past of this sound is not kept.
    pub(super) fn is_stream(&self) -> bool {
        self.samples.start() > 0
    }

    /// Returns the position in the sound that a player wants; `None`: the end of a stream was its
    /// end.
    pub(super) fn place(&mut self, want: Want) -> Option<u64> {
        let is_stream = self.is_stream();
        let has_ended = self.samples.has_ended();
        if has_ended && !is_stream {
            return Some(want.position);
        }
        let (start, len) = (self.samples.start(), self.samples.len());
        let join = len.saturating_sub(STREAM_SAMPLES_BEHIND).max(start);
        let key = (want.leg, want.player);
        let known = self.listeners.0.get(&key);
        let starts_over = want.position == 0 && known.is_some_and(|known| known.at > known.offset);
        if is_stream && has_ended && starts_over {
            return None;
        }
        let offset = match known {
            Some(known) => known.offset,
            None if is_stream => join.wrapping_sub(want.position),
            None => 0,
        };
        let mut at = want.position.wrapping_add(offset);
        let mut offset = offset;
        if at < start {
            // The player paused for longer than the past is kept.
            (at, offset) = (join, join.wrapping_sub(want.position));
        }
        let seen = Instant::now();
        self.listeners.0.insert(key, Listener { offset, at, seen });
        Some(at)
    }

    /// Returns the position before which nothing of a stream is kept; `None`: all of it is.
    pub(super) fn past(&mut self) -> Option<u64> {
        if self.is_bounded || self.samples.has_ended() || self.began.elapsed() < STREAM_AFTER {
            return None;
        }
        let listeners = &mut self.listeners.0;
        let (start, len) = (self.samples.start(), self.samples.len());
        listeners.retain(|_, one| one.seen.elapsed() < LISTENER_PAUSES_AFTER || one.at >= start);
        let playing = listeners
            .values()
            .filter(|one| one.seen.elapsed() < LISTENER_PAUSES_AFTER);
        let last = playing.map(|one| one.at).min();
        let kept = match last {
            Some(last) => last.saturating_sub(STREAM_SAMPLES_BEHIND),
            None => len.saturating_sub(STREAM_SAMPLES_KEPT),
        };
        Some(kept)
    }
}
