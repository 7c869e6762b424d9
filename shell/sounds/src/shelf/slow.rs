//! Slow sources: streams, and files that arrive slowly. They are counted apart, have threads and
//! memory of their own, and are refused when there are too many: other sounds do not suffer.

use confab_switchboard::DecodeError;
use confab_terms::{CallSid, SoundId};

use super::{Shelf, Sound};
use crate::limits::{SLOW_SHARE, SLOW_SOURCES_EACH_CALL, SLOW_SOURCES_MAX};
use crate::pipe::Encoded;
use crate::told::Told;
use crate::widths::Widths;

/// Pace at which a source arrives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Speed {
    /// Nothing is known against it.
    Quick,
    /// There was no room for a slow one when it began: it does not sound before it has ended, or
    /// has got a place among the slow ones.
    Unproven,
    /// It has a place among the slow ones.
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
    /// Slow sources now, and those that were refused so far.
    pub(crate) fn slow_sources(&self) -> (usize, u64) {
        (self.slow.sources, self.slow.refused)
    }

    /// Returns whether one more slow source of this call has a place.
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

    /// Sets the source of a new sound.
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

    /// A source is slow from now on.
    pub(crate) fn set_slow(&mut self, sound: SoundId) {
        if let Some(known) = self.sounds.get_mut(&sound)
            && !known.is_slow()
        {
            known.speed = Speed::Slow;
            self.slow.sources += 1;
            self.slow.bytes += known.bytes();
        }
    }

    /// A source of a thread for files has turned out slow. False: there is no place for it.
    pub(crate) fn turn_slow(&mut self, sound: SoundId, told: &mut Vec<Told>) -> bool {
        let Some(known) = self.sounds.get(&sound) else {
            return false;
        };
        let is_unproven = known.speed == Speed::Unproven;
        let mut holders = known.holders.iter();
        let call = holders.find_map(|decode| self.decodes.get(decode)?.1);
        // One that sounds already is not cut off: there are not many of those.
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

    /// A source has ended, or is dropped: its place is free.
    pub(super) fn slow_ended(&mut self, sound: SoundId) {
        if let Some(known) = self.sounds.get_mut(&sound)
            && known.is_slow()
        {
            known.speed = Speed::Quick;
            self.slow.sources -= 1;
            self.slow.bytes -= known.bytes();
        }
    }

    /// Keeps slow sources within their share of the memory: the wide samples of this one go first.
    /// False: it cannot grow.
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

/// 20429: too many requests.
pub(crate) fn no_place() -> DecodeError {
    DecodeError {
        code: 20429,
        message: format!(
            "no room for one more stream or slow source: {SLOW_SOURCES_MAX} of all calls and \
             {SLOW_SOURCES_EACH_CALL} of one call play at once"
        ),
    }
}
