//! Which audio and which sounds there are, who waits for them, and which make room for others.
//! Plain data under the handle's lock: nothing here blocks, decodes or tells.

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

/// What a sound was made of.
#[derive(Clone, Debug)]
pub(crate) enum Origin {
    Audio(AudioId),
    Phrase(Phrase),
}

/// Fetched audio, and the answers that brought it and were neither decoded nor given back.
#[derive(Debug)]
pub(crate) struct Fetched {
    pub(crate) audio: Audio,
    pub(crate) claims: usize,
    /// A later request may find it.
    pub(crate) is_cached: bool,
}

/// Fetched audio.
#[derive(Debug)]
pub(crate) enum Audio {
    /// Nobody has asked to decode it yet.
    Waiting {
        file: Encoded,
        content_type: String,
        /// Its length is known.
        is_bounded: bool,
        since: Instant,
    },
    /// Somebody has.
    Sound(SoundId),
}

#[derive(Debug)]
pub(crate) struct Sound {
    /// All but a sound whose file is kept have exactly one.
    readers: Vec<Reader>,
    /// Number of the reader that was started last.
    reader_count: u64,
    origin: Origin,
    /// Decodings that are not answered yet.
    askers: Vec<DecodeId>,
    /// Decodings that are not given back yet.
    holders: BTreeSet<DecodeId>,
    /// The source of its bytes.
    source: Option<Encoded>,
    content_type: String,
    /// The source keeps all of its bytes: readers can begin anywhere.
    keeps: bool,
    speed: Speed,
    /// The length of its source is known.
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
    /// They have their places among the slow ones: each gets a thread at once.
    pub(crate) slow_jobs: VecDeque<Job>,
    slow: Slow,
    /// Decodings that are not given back, with their sounds and the calls that hear them.
    decodes: BTreeMap<DecodeId, (SoundId, Option<CallSid>)>,
    audio_count: u64,
    sound_count: u64,
    bytes: usize,
    /// Of these, what is kept at 16 kHz.
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

    /// A new sound, empty.
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

    /// Answers at once if the samples are there, or never will be; else when they come.
    pub(crate) fn want(&mut self, want: Want, told: &mut Vec<Told>) {
        self.settle(want.sound, told);
        let Some(sound) = self.sounds.get_mut(&want.sound) else {
            told.push(gone(want));
            return;
        };
        sound.used = Instant::now();
        let place = match sound.keeps {
            // Without room for a reader the want is repeated.
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

    /// Takes decoded samples; returns whether further ones can be taken. `told`: answers to those
    /// who waited.
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

    /// Changes a reader's samples, and counts their bytes.
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

    /// Ends a reader. With an error the sound stays for those who play it, up to where it broke,
    /// but is not found again; without a sample it is gone.
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
        // It got no place among the slow ones: what there is of it is not played.
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
            // Its beginning is not there: the next to ask for it is fetched anew.
            let origin = known.origin.clone();
            self.forget(sound, &origin);
        }
        self.release_unused(sound);
        told
    }

    /// Drops the source of a sound whose samples are all there, and with it all other readers,
    /// unless it is a long one: its samples may have to make room again.
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

    /// Drops audio that nobody asked to decode, if it has waited long.
    pub(crate) fn drop_waiting(&mut self, longer_than: Duration) {
        self.audios.retain(|_, fetched| match &fetched.audio {
            Audio::Waiting { since, .. } => since.elapsed() <= longer_than,
            Audio::Sound(_) => true,
        });
    }
}

impl Sound {
    /// The only reader of a sound whose file is not kept.
    fn first(&self) -> &Reader {
        &self.readers[0]
    }

    fn first_mut(&mut self) -> &mut Reader {
        &mut self.readers[0]
    }

    fn reader(&self, id: ReaderId) -> Option<&Reader> {
        self.readers.iter().find(|one| one.id == id)
    }

    /// Returns whether the sound can be played to its end from what is here.
    fn is_complete(&self) -> bool {
        match self.keeps {
            true => self.source.as_ref().is_some_and(Encoded::is_whole),
            false => self.readers.iter().all(|one| one.samples.has_ended()),
        }
    }

    /// Answers those who waited for what is there now.
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

/// Answers a want with the samples from a position of the sound on.
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

/// The answer to a want of what is not there.
fn gone(want: Want) -> Told {
    Told::Feed {
        want,
        samples: [].into(),
        last: true,
    }
}
