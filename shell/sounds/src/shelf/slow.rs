//! Slow sources: streams, and files that arrive slowly. They have threads and a share of the memory
//! of their own, and are rejected above a limit, to protect other sounds.

use confab_switchboard::DecodeError;
use confab_terms::{CallSid, SoundId};

use super::{Shelf, Sound};
use crate::limits::{SLOW_SHARE, SLOW_SOURCES_EACH_CALL, SLOW_SOURCES_MAX};
use crate::pipe::Encoded;
use crate::told::Told;
use crate::widths::Widths;

/// Pace at which the bytes of a source arrive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Speed {
    /// Source that was not slow so far.
    Quick,
    /// Source that began without a free place for a slow one: not played before its end, or before
    /// a place is free.
    Unproven,
    /// Source with a place among the slow ones.
    Slow,
}

#[derive(Debug, Default)]
pub(super) struct Slow {
    sources: usize,
    pub(super) bytes: usize,
    refused: u64,
}

impl Sound {
    pub(crate) fn is_slow(&self) -> bool {
        self.speed == Speed::Slow
    }

    fn bytes(&self) -> usize {
        self.readers.iter().map(|one| one.samples.bytes()).sum()
    }

    pub(super) fn can_begin(&self) -> bool {
        let mut readers = self.readers.iter();
        readers.any(|one| {
            let may_begin = self.speed != Speed::Unproven || one.samples.has_ended();
            may_begin && one.has_beginning() && one.samples.can_begin()
        })
    }
}

impl Shelf {
    /// Returns the number of slow sources, and of rejected ones.
    pub(crate) fn slow_sources(&self) -> (usize, u64) {
        (self.slow.sources, self.slow.refused)
    }

    /// Returns whether there is a place for one more slow source of this call.
    pub(crate) fn has_slow_place(&self, call: Option<CallSid>) -> bool {
        if self.slow.sources >= SLOW_SOURCES_MAX {
            return false;
        }
        let Some(call) = call else {
            return true;
        };
        let of_call = self.decodes.values().filter(|(_, of)| *of == Some(call));
        let slow = of_call.filter(|(sound, _)| self.sounds.get(sound).is_some_and(Sound::is_slow));
        slow.count() < SLOW_SOURCES_EACH_CALL
    }

    /// Stores the source of a new sound.
    pub(crate) fn set_source(
        &mut self,
        sound: SoundId,
        (speed, is_bounded): (Speed, bool),
        file: Encoded,
        content_type: String,
    ) {
        if let Some(known) = self.sounds.get_mut(&sound) {
            known.is_bounded = is_bounded;
            known.keeps = file.is_kept();
            known.source = Some(file);
            known.content_type = content_type;
        }
        match speed {
            Speed::Slow => self.set_slow(sound),
            _ => {
                if let Some(known) = self.sounds.get_mut(&sound) {
                    known.speed = speed;
                }
            }
        }
    }

    /// Marks a source as slow.
    pub(crate) fn set_slow(&mut self, sound: SoundId) {
        if let Some(known) = self.sounds.get_mut(&sound)
            && !known.is_slow()
        {
            known.speed = Speed::Slow;
            self.slow.sources += 1;
            self.slow.bytes += known.bytes();
        }
    }

    /// Marks the source of a thread for files as slow; returns false if there is no place.
    pub(crate) fn turn_slow(&mut self, sound: SoundId, told: &mut Vec<Told>) -> bool {
        let Some(known) = self.sounds.get(&sound) else {
            return false;
        };
        let is_unproven = known.speed == Speed::Unproven;
        let mut holders = known.holders.iter();
        let call = holders.find_map(|decode| self.decodes.get(decode)?.1);
        // A source that is already played is not ended: there are few of them.
        if is_unproven && !self.has_slow_place(call) {
            self.slow.refused += 1;
            return false;
        }
        self.set_slow(sound);
        if let Some(known) = self.sounds.get_mut(&sound) {
            known.tell(sound, &mut self.widened, told);
        }
        true
    }

    /// Frees the place of a source that has ended or is dropped.
    pub(super) fn slow_ended(&mut self, sound: SoundId) {
        if let Some(known) = self.sounds.get_mut(&sound)
            && known.is_slow()
        {
            known.speed = Speed::Quick;
            self.slow.sources -= 1;
            self.slow.bytes -= known.bytes();
        }
    }

    /// Keeps slow sources within their share of the memory, by dropping the wide samples of this
    /// sound first. Returns false if the sound cannot grow.
    pub(super) fn make_slow_room(&mut self, sound: SoundId, bytes: usize) -> bool {
        let most = self.bytes_max / SLOW_SHARE;
        if self.slow.bytes + bytes > most {
            let readers = self
                .sounds
                .get(&sound)
                .map_or(&[][..], |known| &known.readers);
            let readers: Vec<_> = readers.iter().map(|one| one.id).collect();
            for reader in readers {
                self.change(sound, reader, Widths::drop_wide);
            }
        }
        self.slow.bytes + bytes <= most
    }
}

/// Returns error 20429: too many requests.
pub(crate) fn no_place() -> DecodeError {
    DecodeError {
        code: 20429,
        message: format!(
            "no room for one more stream or slow source: {SLOW_SOURCES_MAX} of all calls and \
             {SLOW_SOURCES_EACH_CALL} of one call play at once"
        ),
    }
}
