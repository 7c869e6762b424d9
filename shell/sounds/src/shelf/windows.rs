//! Sounds whose file is kept: the reader that serves a position, and the pauses of its decoder.

use super::reader::{Reader, ReaderId};
use super::{Shelf, Speed};
use crate::limits::{
    AHEAD_SAMPLES, READERS_MAX, SHARED_QUARTERS, SHARED_READERS, SOUND_SAMPLES_MAX, STEP_BYTES,
    STREAM_AFTER,
};
use crate::pipe::{AudioReader, Encoded};
use crate::told::{Told, Want};
use crate::work::{Decoder, Job, Source};
use confab_terms::SoundId;

/// Instruction to the thread that has a decoder.
#[derive(Debug)]
pub(crate) enum Proceed {
    Decode(Decoder),
    /// Wait for the end of this file first: the sound has no place among the slow ones.
    Prove(Decoder, AudioReader),
    /// Decoder that was parked.
    Parked,
    /// End of a reader that is not needed any more, or has decoded the maximum length of a sound.
    Stop,
}

impl Shelf {
    /// Returns the number of times that a decoder had to wait for memory or for a place.
    pub(crate) fn starved(&self) -> u64 {
        self.starved
    }

    /// Returns the reason for the failure of a sound's source.
    pub(crate) fn failure(&self, sound: SoundId) -> Option<String> {
        self.sounds.get(&sound)?.source.as_ref()?.failure()
    }

    /// Adds a reader that begins at a position, and queues its job; returns `None` without room.
    pub(super) fn add_reader(&mut self, sound: SoundId, from: u64) -> Option<ReaderId> {
        if self.readers() >= READERS_MAX && !self.drop_unused_reader() {
            self.starved += 1;
            return None;
        }
        let known = self.sounds.get_mut(&sound)?;
        let reader = known.source.as_ref()?.reader();
        known.reader_count += 1;
        let id = ReaderId(known.reader_count);
        known.readers.push(Reader::new(id, from));
        let source = Source::Audio {
            reader,
            content_type: known.content_type.clone(),
        };
        self.queue(Job {
            sound,
            reader: id,
            source,
        });
        Some(id)
    }

    fn readers(&self) -> usize {
        let sounds = self.sounds.values().filter(|sound| sound.keeps);
        sounds.map(|sound| sound.readers.len()).sum()
    }

    fn queue(&mut self, job: Job) {
        let sound = self.sounds.get(&job.sound);
        match sound.is_some_and(super::Sound::is_slow) {
            true => self.slow_jobs.push_back(job),
            false => self.files.jobs.push_back(job),
        }
    }

    /// Returns the reader that serves a position, which is started if necessary; `None` if there is
    /// no room for another one.
    pub(super) fn reader_for(&mut self, want: Want) -> Option<ReaderId> {
        let known = self.sounds.get(&want.sound)?;
        let covering = || known.readers.iter().filter(|one| one.covers(want.position));
        let shared = covering().find(|one| one.is_shared);
        let current = covering().find(|one| one.listeners.contains(want));
        let found = shared.or(current).or_else(|| covering().next());
        let id = match found.map(|found| found.id) {
            Some(id) => id,
            None => self.start_reader(want)?,
        };
        let known = self.sounds.get_mut(&want.sound)?;
        for reader in &mut known.readers {
            match reader.id == id {
                true => reader.listeners.set(want),
                false => reader.listeners.remove(want),
            }
        }
        let is_whole = known.readers.iter().any(Reader::has_all);
        self.drop_readers(want.sound, |one| {
            let is_of_use = one.has_beginning() && (!is_whole || one.has_all());
            one.is_unused() && !is_of_use
        });
        Some(id)
    }

    /// Starts a reader at a position. A sound with listeners at many positions is decoded whole.
    fn start_reader(&mut self, want: Want) -> Option<ReaderId> {
        let is_tight = self.bytes > self.bytes_max / 2;
        let known = self.sounds.get(&want.sound)?;
        let is_whole = known.source.as_ref().is_some_and(Encoded::is_whole);
        let is_shared = known.readers.iter().any(|one| one.is_shared);
        let shares = known.readers.len() >= SHARED_READERS && is_whole && !is_shared && !is_tight;
        if !shares {
            return self.add_reader(want.sound, want.position);
        }
        let id = self.add_reader(want.sound, 0)?;
        self.reader(want.sound, id)?.is_shared = true;
        match want.position <= AHEAD_SAMPLES {
            true => Some(id),
            false => self.add_reader(want.sound, want.position),
        }
    }

    pub(super) fn reader(&mut self, sound: SoundId, id: ReaderId) -> Option<&mut Reader> {
        let mut readers = self.sounds.get_mut(&sound)?.readers.iter_mut();
        readers.find(|one| one.id == id)
    }

    /// Continues a parked decoder if the listeners come close to the end of its samples.
    pub(super) fn resume(&mut self, sound: SoundId, id: ReaderId) {
        let reader = self.reader(sound, id).filter(|one| one.is_low());
        if let Some(decoder) = reader.and_then(|one| one.parked.take()) {
            self.queue(Job {
                sound,
                reader: id,
                source: Source::Resumed(decoder),
            });
        }
    }

    /// Decides whether a decoder continues.
    pub(crate) fn proceed(
        &mut self,
        sound: SoundId,
        id: ReaderId,
        decoder: Decoder,
        told: &mut Vec<Told>,
    ) -> Proceed {
        self.settle(sound, told);
        let is_full = self.bytes > self.bytes_max / 4 * SHARED_QUARTERS;
        let Some(known) = self.sounds.get_mut(&sound) else {
            return Proceed::Stop;
        };
        let is_held = !known.holders.is_empty();
        let Some(reader) = known.readers.iter_mut().find(|one| one.id == id) else {
            return Proceed::Stop;
        };
        if reader.samples.len() >= SOUND_SAMPLES_MAX {
            return Proceed::Stop;
        }
        if !known.keeps {
            return Proceed::Decode(decoder);
        }
        if !is_held {
            self.drop_reader(sound, id);
            return Proceed::Stop;
        }
        reader.is_shared &= !is_full;
        let is_ahead = !reader.is_shared && reader.is_ahead();
        if is_ahead
            && known.speed == Speed::Unproven
            && let Some(file) = &known.source
        {
            return Proceed::Prove(decoder, file.reader());
        }
        if !is_ahead && self.make_room(STEP_BYTES) {
            return Proceed::Decode(decoder);
        }
        self.starved += u64::from(!is_ahead);
        if let Some(reader) = self.reader(sound, id) {
            reader.parked = Some(decoder);
        }
        Proceed::Parked
    }

    /// Updates the kind of a source: a file that has arrived is not slow. A source that does not
    /// end becomes a stream, and so does an arriving file without room to keep it.
    pub(super) fn settle(&mut self, sound: SoundId, told: &mut Vec<Told>) {
        let Some(known) = self.sounds.get_mut(&sound).filter(|one| one.keeps) else {
            return;
        };
        let file = known.source.as_ref();
        let is_open = file.is_some_and(Encoded::is_open);
        let is_short = file.is_some_and(Encoded::is_short_of_room);
        if !is_open && known.speed != Speed::Quick {
            self.slow_ended(sound);
            if let Some(known) = self.sounds.get_mut(&sound) {
                known.speed = Speed::Quick;
                known.tell(sound, &mut self.widened, told);
            }
            return;
        }
        let is_endless = !known.is_bounded && known.began.elapsed() >= STREAM_AFTER;
        if is_open && (is_endless || is_short) {
            self.turn_stream(sound);
        }
    }

    /// Keeps only the samples around the listeners of a source, which share one reader.
    fn turn_stream(&mut self, sound: SoundId) {
        let Some(known) = self.sounds.get(&sound) else {
            return;
        };
        let most = known.readers.iter().max_by_key(|one| one.samples.len());
        let Some(most) = most.filter(|one| one.samples.len() > 0).map(|one| one.id) else {
            return;
        };
        self.drop_readers(sound, |one| one.id != most);
        if let Some(known) = self.sounds.get_mut(&sound) {
            known.keeps = false;
            known.is_bounded = false;
            if let Some(file) = &known.source {
                file.keep_no_longer();
            }
        }
        let parked = self.reader(sound, most).and_then(|one| one.parked.take());
        if let Some(decoder) = parked {
            self.queue(Job {
                sound,
                reader: most,
                source: Source::Resumed(decoder),
            });
        }
    }
}
