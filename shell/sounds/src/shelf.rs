//! Register of audio and sounds, their listeners, and the order in which they are dropped. Plain
//! data under the lock of the handle: no function here blocks, decodes or calls the sink.

mod holds;
mod listeners;
mod reader;
mod room;
mod slow;
#[cfg(test)]
mod tests;
mod windows;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::{Duration, Instant};

use confab_terms::{AudioId, CallSid, DecodeId, SoundId};

use crate::decoder::Decoded;
use crate::limits::{SHORT_SAMPLES_MAX, SOUND_BYTES_MAX, SOUND_KEPT, SOUND_SAMPLES_MAX, WANTS_MAX};
use crate::pipe::Encoded;
use crate::speech::Phrase;
use crate::told::{Told, Want};
use crate::widened::Widened;
use crate::widths::Widths;
use crate::work::{Job, Pool, not_audio};

use reader::Reader;
pub(crate) use reader::{ReaderEnd, ReaderId};
use slow::Slow;
pub(crate) use slow::{Speed, no_place};
pub(crate) use windows::Proceed;

/// Origin of a sound.
#[derive(Clone, Debug)]
pub(crate) enum Origin {
    Audio(AudioId),
    Phrase(Phrase),
}

/// Fetched audio, and the number of fetches that returned it and were neither decoded nor dropped.
#[derive(Debug)]
pub(crate) struct Fetched {
    pub(crate) audio: Audio,
    pub(crate) claims: usize,
    /// True if a later request may find the audio.
    pub(crate) is_cached: bool,
}

/// State of fetched audio.
#[derive(Debug)]
pub(crate) enum Audio {
    /// Audio that no call has decoded yet.
    Waiting {
        file: Encoded,
        content_type: String,
        /// True if the length is known.
        is_bounded: bool,
        since: Instant,
    },
    /// Audio with a sound.
    Sound(SoundId),
}

#[derive(Debug)]
pub(crate) struct Sound {
    /// Readers; exactly one, unless the file is kept.
    readers: Vec<Reader>,
    /// Number of the last reader that was started.
    reader_count: u64,
    origin: Origin,
    /// Decodings without a response yet.
    askers: Vec<DecodeId>,
    /// Decodings that were not released yet.
    holders: BTreeSet<DecodeId>,
    /// Source of the bytes.
    source: Option<Encoded>,
    content_type: String,
    /// True if the source keeps all bytes: readers can begin anywhere.
    keeps: bool,
    speed: Speed,
    /// True if the length of the source is known.
    is_bounded: bool,
    began: Instant,
    used: Instant,
}

pub(crate) struct Shelf {
    pub(crate) audios: BTreeMap<AudioId, Fetched>,
    pub(crate) sounds: BTreeMap<SoundId, Sound>,
    pub(crate) spoken: BTreeMap<Phrase, SoundId>,
    pub(crate) speech: Pool,
    pub(crate) files: Pool,
    /// Jobs of slow sources, each of which gets a thread at once.
    pub(crate) slow_jobs: VecDeque<Job>,
    slow: Slow,
    /// Decodings that were not released, with their sounds and calls.
    decodes: BTreeMap<DecodeId, (SoundId, Option<CallSid>)>,
    audio_count: u64,
    sound_count: u64,
    bytes: usize,
    /// Part of `bytes` that is kept at 16 kHz.
    wide_bytes: usize,
    bytes_max: usize,
    kept: Duration,
    widened: Widened,
    starved: u64,
}

impl Default for Shelf {
    fn default() -> Self {
        Self::new(SOUND_BYTES_MAX, SOUND_KEPT)
    }
}

impl Shelf {
    fn new(bytes_max: usize, kept: Duration) -> Self {
        Self {
            audios: BTreeMap::new(),
            sounds: BTreeMap::new(),
            spoken: BTreeMap::new(),
            speech: Pool::default(),
            files: Pool::default(),
            slow_jobs: VecDeque::new(),
            slow: Slow::default(),
            decodes: BTreeMap::new(),
            audio_count: 0,
            sound_count: 0,
            bytes: 0,
            wide_bytes: 0,
            bytes_max,
            kept,
            widened: Widened::default(),
            starved: 0,
        }
    }

    pub(crate) fn next_audio(&mut self) -> AudioId {
        self.audio_count += 1;
        AudioId(self.audio_count)
    }

    /// Creates an empty sound.
    pub(crate) fn new_sound(&mut self, origin: Origin, claims: usize) -> SoundId {
        self.sound_count += 1;
        let sound = SoundId(self.sound_count);
        match &origin {
            Origin::Audio(audio) => {
                let fetched = Fetched {
                    audio: Audio::Sound(sound),
                    claims,
                    is_cached: true,
                };
                self.audios.insert(*audio, fetched);
            }
            Origin::Phrase(phrase) => {
                self.spoken.insert(phrase.clone(), sound);
            }
        }
        let new = Sound {
            readers: vec![Reader::new(ReaderId::default(), 0)],
            reader_count: 0,
            origin,
            askers: Vec::new(),
            holders: BTreeSet::new(),
            source: None,
            content_type: String::new(),
            keeps: false,
            speed: Speed::Quick,
            is_bounded: true,
            began: Instant::now(),
            used: Instant::now(),
        };
        self.sounds.insert(sound, new);
        sound
    }

    /// Serves a request for samples at once if these exist or never will; otherwise later.
    pub(crate) fn want(&mut self, want: Want, told: &mut Vec<Told>) {
        self.settle(want.sound, told);
        let Some(sound) = self.sounds.get_mut(&want.sound) else {
            told.push(gone(want));
            return;
        };
        sound.used = Instant::now();
        let place = match sound.keeps {
            // Without room for a reader, the player repeats the request.
            true => match self.reader_for(want) {
                Some(reader) => Some((reader, want.position)),
                None => return,
            },
            false => sound.place(want).map(|at| (sound.first().id, at)),
        };
        let Some((id, at)) = place else {
            told.push(gone(want));
            return;
        };
        let sound = self.sounds.get_mut(&want.sound);
        let reader = sound.and_then(|sound| sound.readers.iter_mut().find(|one| one.id == id));
        let Some(reader) = reader else {
            return;
        };
        match serve(&reader.samples, (want, at), &mut self.widened) {
            Some(served) => told.push(served),
            None if reader.wants.contains(&(want, at)) => {}
            None if reader.wants.len() == WANTS_MAX => told.push(gone(want)),
            None => reader.wants.push((want, at)),
        }
        self.resume(want.sound, id);
    }

    /// Returns whether jobs wait for a thread.
    pub(crate) fn has_jobs(&self) -> bool {
        !self.files.jobs.is_empty() || !self.slow_jobs.is_empty()
    }

    /// Adds decoded samples; returns whether more can be added. `told` gets the responses to
    /// waiting players.
    pub(crate) fn grow(
        &mut self,
        sound: SoundId,
        id: ReaderId,
        new: Decoded<'_>,
        told: &mut Vec<Told>,
    ) -> bool {
        let narrow = size_of_val(new.narrow);
        let Some(reader) = self.reader(sound, id) else {
            return false;
        };
        let wide = new.wide.filter(|_| reader.samples.takes_wide());
        let wide = wide.map_or(0, size_of_val);
        let is_slow = self.sounds.get(&sound).is_some_and(Sound::is_slow);
        if is_slow && !self.make_slow_room(sound, narrow) {
            return false;
        }
        let fits_whole = self.make_wide_room(wide) && self.make_room(narrow + wide);
        if !fits_whole && !self.make_room(narrow) && !self.narrow_down(narrow) {
            return false;
        }
        self.change(sound, id, |samples| {
            if !fits_whole {
                samples.end_wide();
            }
            samples.push(new);
        });
        let is_tight = self.bytes > self.bytes_max / 2;
        let Some(known) = self.sounds.get_mut(&sound) else {
            return false;
        };
        known.tell(sound, &mut self.widened, told);
        let past = match known.keeps {
            true => known.reader(id).and_then(|reader| reader.past(is_tight)),
            false => known.past(),
        };
        if let Some(past) = past {
            self.change(sound, id, |samples| samples.drop_before(past));
        }
        let reader = self.reader(sound, id);
        reader.is_some_and(|reader| reader.samples.len() < SOUND_SAMPLES_MAX)
    }

    /// Changes the samples of a reader, and updates the byte counts.
    fn change(&mut self, sound: SoundId, id: ReaderId, change: impl FnOnce(&mut Widths)) {
        let Some(known) = self.sounds.get_mut(&sound) else {
            return;
        };
        let is_slow = known.is_slow();
        let Some(reader) = known.readers.iter_mut().find(|one| one.id == id) else {
            return;
        };
        let samples = &mut reader.samples;
        let before = (samples.bytes(), samples.wide_bytes());
        change(samples);
        let after = (samples.bytes(), samples.wide_bytes());
        self.bytes = self.bytes - before.0 + after.0;
        self.wide_bytes = self.wide_bytes - before.1 + after.1;
        if is_slow {
            self.slow.bytes = self.slow.bytes - before.0 + after.0;
        }
    }

    /// Ends a reader. After an error, the sound stays for its players up to the error, but is not
    /// found again. A sound without samples is removed.
    pub(crate) fn end(&mut self, sound: SoundId, id: ReaderId, end: ReaderEnd) -> Vec<Told> {
        let mut told = Vec::new();
        let error = match end {
            ReaderEnd::Late => {
                self.drop_reader(sound, id);
                return told;
            }
            ReaderEnd::Failed(error) => Some(error),
            ReaderEnd::Whole => None,
        };
        if self.reader(sound, id).is_none() {
            return told;
        }
        self.change(sound, id, Widths::end);
        self.end_source(sound, id, error.is_some());
        let Some(known) = self.sounds.get_mut(&sound) else {
            return told;
        };
        // A source without a place among the slow ones is not played at all.
        let is_refused = error.is_some() && known.speed == Speed::Unproven;
        if !is_refused {
            known.tell(sound, &mut self.widened, &mut told);
        }
        let empty = known.readers.iter().all(|one| one.samples.len() == 0) || is_refused;
        let error = error.or_else(|| empty.then(|| not_audio("no room for its samples")));
        if let Some(error) = error {
            for decode in known.askers.drain(..) {
                let result = Err(error.clone());
                told.push(Told::Decoded { decode, result });
            }
            let origin = known.origin.clone();
            self.forget(sound, &origin);
            if empty {
                self.remove(sound);
            }
        } else if known.is_stream() {
            // The beginning of a stream is lost: the next request fetches the audio again.
            let origin = known.origin.clone();
            self.forget(sound, &origin);
        }
        self.release_unused(sound);
        told
    }

    /// Drops the source of a sound that is completely decoded, and its other readers. The source of
    /// a long sound stays, since the samples may be dropped to make room.
    fn end_source(&mut self, sound: SoundId, id: ReaderId, is_broken: bool) {
        let Some(known) = self.sounds.get_mut(&sound) else {
            return;
        };
        let Some(reader) = known.reader(id) else {
            return;
        };
        let is_short = reader.samples.len() <= SHORT_SAMPLES_MAX;
        let is_whole = known.source.as_ref().is_some_and(Encoded::is_whole);
        let has_all = reader.samples.start() == 0 && (is_short || is_broken || !is_whole);
        if known.keeps && !has_all {
            return;
        }
        known.source = None;
        known.keeps = false;
        let others = known.readers.iter_mut().filter(|one| one.id != id);
        let wants: Vec<_> = others.flat_map(|one| one.wants.drain(..)).collect();
        if let Some(reader) = known.readers.iter_mut().find(|one| one.id == id) {
            reader.wants.extend(wants);
            if reader.samples.start() == 0 {
                reader.listeners = Default::default();
            }
        }
        self.drop_readers(sound, |one| one.id != id);
        self.slow_ended(sound);
    }

    /// Drops audio that was not decoded for this time.
    pub(crate) fn drop_waiting(&mut self, longer_than: Duration) {
        self.audios.retain(|_, fetched| match &fetched.audio {
            Audio::Waiting { since, .. } => since.elapsed() <= longer_than,
            Audio::Sound(_) => true,
        });
    }
}

impl Sound {
    /// Returns the only reader of a sound whose file is not kept.
    fn first(&self) -> &Reader {
        &self.readers[0]
    }

    fn first_mut(&mut self) -> &mut Reader {
        &mut self.readers[0]
    }

    fn reader(&self, id: ReaderId) -> Option<&Reader> {
        self.readers.iter().find(|one| one.id == id)
    }

    /// Returns whether the sound can be played to the end without further bytes.
    fn is_complete(&self) -> bool {
        match self.keeps {
            true => self.source.as_ref().is_some_and(Encoded::is_whole),
            false => self.readers.iter().all(|one| one.samples.has_ended()),
        }
    }

    /// Responds to decodings, and to requests that waited for the available samples.
    fn tell(&mut self, sound: SoundId, widened: &mut Widened, told: &mut Vec<Told>) {
        if self.can_begin() {
            let askers = self.askers.drain(..);
            told.extend(askers.map(|decode| {
                let result = Ok(sound);
                Told::Decoded { decode, result }
            }));
        }
        for Reader { samples, wants, .. } in &mut self.readers {
            wants.retain(|place| {
                let answer = serve(samples, *place, widened);
                let waits = answer.is_none();
                told.extend(answer);
                waits
            });
        }
    }
}

/// Serves a request with the samples from a position of the sound.
fn serve(samples: &Widths, (want, at): (Want, u64), widened: &mut Widened) -> Option<Told> {
    if at < samples.start() {
        return Some(gone(want));
    }
    let served = samples.serve(want.sound, at, want.rate, widened)?;
    Some(Told::Feed {
        want,
        samples: served.samples,
        last: served.last,
    })
}

/// Returns the response for samples that do not exist.
fn gone(want: Want) -> Told {
    Told::Feed {
        want,
        samples: [].into(),
        last: true,
    }
}
