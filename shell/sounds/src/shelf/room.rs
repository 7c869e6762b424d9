//! Memory for samples: the least recently used are dropped first, and samples in use stay.

use confab_terms::SoundId;

use super::reader::{Reader, ReaderId};
use super::{Origin, Shelf, Sound};
use crate::limits::{SOUNDS_MAX, WIDE_SHARE};
use crate::widths::Widths;

impl Shelf {
    /// Returns the size of decoded audio, in bytes.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Drops sounds that were not used lately, the least recently used first; returns whether there
    /// is room for `bytes` then.
    pub(super) fn make_room(&mut self, bytes: usize) -> bool {
        while self.bytes + bytes > self.bytes_max {
            if !self.drop_oldest(|sound| sound.spare_bytes() > 0) && !self.drop_unused_reader() {
                return false;
            }
        }
        true
    }

    /// Drops the wide samples of sounds that were not used lately, the least recently used first;
    /// returns whether there is room for `bytes` then.
    pub(super) fn make_wide_room(&mut self, bytes: usize) -> bool {
        while self.wide_bytes + bytes > self.bytes_max / WIDE_SHARE {
            let Some(oldest) = self.longest_unwanted(|sound| sound.spare_wide() > 0) else {
                return false;
            };
            let Some(known) = self.sounds.get(&oldest) else {
                return false;
            };
            let spare = known.readers.iter().filter(|one| !one.is_busy());
            let spare: Vec<ReaderId> = spare.map(|one| one.id).collect();
            for reader in spare {
                self.change(oldest, reader, Widths::drop_wide);
            }
        }
        true
    }

    /// Drops wide samples even of sounds in use, which continue narrow, so that no other sound has
    /// to end. The largest are dropped first; returns whether there is room for `bytes` then.
    pub(super) fn narrow_down(&mut self, bytes: usize) -> bool {
        while self.bytes + bytes > self.bytes_max {
            let readers = self.sounds.iter().flat_map(|(sound, known)| {
                let readers = known.readers.iter();
                readers.map(move |one| (one.samples.wide_bytes(), *sound, one.id))
            });
            let widest = readers.max_by_key(|(wide, ..)| *wide);
            let Some((_, sound, reader)) = widest.filter(|(wide, ..)| *wide > 0) else {
                return false;
            };
            self.change(sound, reader, Widths::drop_wide);
        }
        true
    }

    /// Returns whether there is room for one more entry; removes unused sounds if necessary.
    pub(crate) fn has_room(&mut self) -> bool {
        while self.sounds.len().max(self.audios.len()) >= SOUNDS_MAX {
            let Some(oldest) = self.longest_unwanted(|_| true) else {
                return false;
            };
            self.remove(oldest);
        }
        true
    }

    /// Removes the least recently used file without holders; returns whether there was one.
    pub(crate) fn drop_unheld_file(&mut self) -> bool {
        let unheld = self.sounds.iter().filter(|(_, sound)| {
            let is_free = sound.holders.is_empty() && self.claims_of(sound) == 0;
            sound.keeps && sound.is_complete() && is_free
        });
        let oldest = unheld.min_by_key(|(_, sound)| sound.used);
        let Some(oldest) = oldest.map(|(sound, _)| *sound) else {
            return false;
        };
        self.remove(oldest);
        true
    }

    fn longest_unwanted(&self, of: impl Fn(&Sound) -> bool) -> Option<SoundId> {
        let unwanted = self.sounds.iter().filter(|(_, sound)| {
            sound.is_complete() && sound.used.elapsed() >= self.kept && of(sound)
        });
        let longest = unwanted.min_by_key(|(_, sound)| sound.used);
        longest.map(|(sound, _)| *sound)
    }

    /// Drops the samples of the least recently used sound. A sound with a kept file stays.
    fn drop_oldest(&mut self, of: impl Fn(&Sound) -> bool) -> bool {
        let Some(oldest) = self.longest_unwanted(of) else {
            return false;
        };
        match self.sounds.get(&oldest).is_some_and(|known| known.keeps) {
            true => self.drop_readers(oldest, |one| !one.is_busy()),
            false => self.remove(oldest),
        }
        true
    }

    /// Drops a reader without listeners that can be started again; returns whether there was one.
    pub(super) fn drop_unused_reader(&mut self) -> bool {
        let sounds = self.sounds.iter().filter(|(_, sound)| sound.keeps);
        let mut unused = sounds.filter_map(|(sound, known)| {
            let reader = known.readers.iter().find(|one| one.is_unused());
            Some((*sound, reader?.id))
        });
        let Some((sound, reader)) = unused.next() else {
            return false;
        };
        self.drop_reader(sound, reader);
        true
    }

    pub(super) fn drop_reader(&mut self, sound: SoundId, reader: ReaderId) {
        self.drop_readers(sound, |one| one.id == reader);
    }

    pub(super) fn drop_readers(&mut self, sound: SoundId, of: impl Fn(&Reader) -> bool) {
        let Some(known) = self.sounds.get_mut(&sound) else {
            return;
        };
        let is_slow = known.is_slow();
        for dropped in known.readers.extract_if(.., |one| of(one)) {
            self.bytes -= dropped.samples.bytes();
            self.wide_bytes -= dropped.samples.wide_bytes();
            if is_slow {
                self.slow.bytes -= dropped.samples.bytes();
            }
        }
    }

    /// Removes a sound with all of its samples.
    pub(super) fn remove(&mut self, sound: SoundId) {
        self.slow_ended(sound);
        self.drop_readers(sound, |_| true);
        if let Some(removed) = self.sounds.remove(&sound) {
            self.forget(sound, &removed.origin);
        }
    }

    pub(super) fn forget(&mut self, sound: SoundId, origin: &Origin) {
        match origin {
            Origin::Audio(audio) => {
                self.audios.remove(audio);
            }
            Origin::Phrase(phrase) => {
                if self.spoken.get(phrase) == Some(&sound) {
                    self.spoken.remove(phrase);
                }
            }
        }
    }
}

impl Sound {
    /// Returns the size of samples to which no thread adds, in bytes.
    fn spare_bytes(&self) -> usize {
        let spare = self.readers.iter().filter(|one| !one.is_busy());
        spare.map(|one| one.samples.bytes()).sum()
    }

    fn spare_wide(&self) -> usize {
        let spare = self.readers.iter().filter(|one| !one.is_busy());
        spare.map(|one| one.samples.wide_bytes()).sum()
    }
}
