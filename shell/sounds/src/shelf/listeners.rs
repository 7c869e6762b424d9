//! Listeners of the samples of one reader: the positions before which samples are dropped, and the
//! position at which a new listener joins a stream.

use std::collections::BTreeMap;
use std::time::Instant;

use confab_terms::{LegId, PlayerId};

use super::Sound;
use crate::limits::{
    LISTENER_PAUSES_AFTER, STREAM_AFTER, STREAM_SAMPLES_BEHIND, STREAM_SAMPLES_KEPT,
};
use crate::told::Want;

/// Listener, with positions at 8 kHz.
#[derive(Debug)]
struct Listener {
    /// Position in the sound of the player's first sample; wraps around.
    offset: u64,
    /// Position in the sound of the samples that were requested last.
    at: u64,
    seen: Instant,
}

#[derive(Debug, Default)]
pub(super) struct Listeners(BTreeMap<(LegId, PlayerId), Listener>);

impl Listeners {
    /// Makes all listeners count as paused.
    #[cfg(test)]
    pub(super) fn pause(&mut self) {
        for listener in self.0.values_mut() {
            listener.seen -= LISTENER_PAUSES_AFTER;
        }
    }

    fn playing(&self) -> impl Iterator<Item = u64> {
        let listeners = self.0.values();
        let playing = listeners.filter(|one| one.seen.elapsed() < LISTENER_PAUSES_AFTER);
        playing.map(|one| one.at)
    }

    /// Returns the position of the listener that is furthest behind; `None` if no listener plays.
    pub(super) fn slowest(&self) -> Option<u64> {
        self.playing().min()
    }

    /// Returns the position of the listener that is furthest ahead; `None` if no listener plays.
    pub(super) fn furthest(&self) -> Option<u64> {
        self.playing().max()
    }

    /// Stores the position of a player.
    pub(super) fn set(&mut self, want: Want) {
        self.0
            .retain(|_, one| one.seen.elapsed() < LISTENER_PAUSES_AFTER);
        let listener = Listener {
            offset: 0,
            at: want.position,
            seen: Instant::now(),
        };
        self.0.insert((want.leg, want.player), listener);
    }

    pub(super) fn remove(&mut self, want: Want) {
        self.0.remove(&(want.leg, want.player));
    }

    pub(super) fn contains(&self, want: Want) -> bool {
        self.0.contains_key(&(want.leg, want.player))
    }
}

impl Sound {
    /// Returns whether the beginning of this sound was dropped.
    pub(super) fn is_stream(&self) -> bool {
        !self.keeps && self.first().samples.start() > 0
    }

    /// Returns the position in the sound that a player requests; `None` if the player starts over
    /// after the end of a stream.
    pub(super) fn place(&mut self, want: Want) -> Option<u64> {
        let is_stream = self.is_stream();
        let reader = self.first_mut();
        let has_ended = reader.samples.has_ended();
        if has_ended && !is_stream {
            return Some(want.position);
        }
        let (start, len) = (reader.samples.start(), reader.samples.len());
        let join = len.saturating_sub(STREAM_SAMPLES_BEHIND).max(start);
        let key = (want.leg, want.player);
        let known = reader.listeners.0.get(&key);
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
        let listener = Listener { offset, at, seen };
        reader.listeners.0.insert(key, listener);
        Some(at)
    }

    /// Returns the position before which samples of a stream are dropped; `None` to keep all.
    pub(super) fn past(&mut self) -> Option<u64> {
        let began = self.began;
        let is_bounded = self.is_bounded;
        let reader = self.first_mut();
        if is_bounded || reader.samples.has_ended() || began.elapsed() < STREAM_AFTER {
            return None;
        }
        let listeners = &mut reader.listeners;
        let (start, len) = (reader.samples.start(), reader.samples.len());
        listeners
            .0
            .retain(|_, one| one.seen.elapsed() < LISTENER_PAUSES_AFTER || one.at >= start);
        let kept = match listeners.slowest() {
            Some(last) => last.saturating_sub(STREAM_SAMPLES_BEHIND),
            None => len.saturating_sub(STREAM_SAMPLES_KEPT),
        };
        Some(kept)
    }
}
