//! Which audio and which sounds there are, who waits for them, and which make room for others.
//! Plain data under the handle's lock: nothing here blocks, decodes or tells.

mod holds;
mod listeners;
mod slow;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::{Duration, Instant};

use confab_switchboard::DecodeError;
use confab_terms::{AudioId, CallSid, DecodeId, SoundId};

use crate::decoder::Decoded;
use crate::limits::{
    SOUND_BYTES_MAX, SOUND_KEPT, SOUND_SAMPLES_MAX, SOUNDS_MAX, WANTS_MAX, WIDE_SHARE,
};
use crate::pipe::{AudioReader, Witness};
use crate::speech::Phrase;
use crate::told::{Told, Want};
use crate::widened::Widened;
use crate::widths::Widths;
use crate::work::{Job, Pool, not_audio};

use listeners::Listeners;
use slow::Slow;
pub(crate) use slow::{Speed, no_place};

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
        reader: AudioReader,
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
    pub(crate) samples: Widths,
    origin: Origin,
    /// Decodings that are not answered yet.
    askers: Vec<DecodeId>,
    /// Decodings that are not given back yet.
    holders: BTreeSet<DecodeId>,
    /// Wants that are not answered yet, each with its position in the sound.
    wants: Vec<(Want, u64)>,
    /// Listeners of a sound that has not ended.
    listeners: Listeners,
    /// The source of its bytes.
    pipe: Option<Witness>,
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
            samples: Widths::default(),
            origin,
            askers: Vec::new(),
            holders: BTreeSet::new(),
            wants: Vec::new(),
            listeners: Listeners::default(),
            pipe: None,
            speed: Speed::Quick,
            is_bounded: true,
            began: Instant::now(),
            used: Instant::now(),
        };
        self.sounds.insert(sound, new);
        sound
    }

    /// Answers at once if the samples are there, or never will be; else when they come.
    pub(crate) fn want(&mut self, want: Want) -> Option<Told> {
        let Some(sound) = self.sounds.get_mut(&want.sound) else {
            return Some(gone(want));
        };
        sound.used = Instant::now();
        let Some(at) = sound.place(want) else {
            return Some(gone(want));
        };
        let told = serve(&sound.samples, (want, at), &mut self.widened);
        if told.is_none() {
            if sound.wants.len() == WANTS_MAX {
                return Some(gone(want));
            }
            sound.wants.push((want, at));
        }
        told
    }

    /// Takes decoded samples; tells whether it would take more. `told` are those who waited.
    pub(crate) fn grow(&mut self, sound: SoundId, new: Decoded<'_>, told: &mut Vec<Told>) -> bool {
        let Some(known) = self.sounds.get(&sound) else {
            return false;
        };
        let narrow = size_of_val(new.narrow);
        let is_slow = known.is_slow();
        if is_slow && !self.make_slow_room(sound, narrow) {
            return false;
        }
        let Some(known) = self.sounds.get(&sound) else {
            return false;
        };
        let wide = new.wide.filter(|_| known.samples.takes_wide());
        let wide = wide.map_or(0, size_of_val);
        let fits_whole = self.make_wide_room(wide) && self.make_room(narrow + wide);
        if !fits_whole && !self.make_room(narrow) && !self.narrow_down(narrow) {
            return false;
        }
        self.change(sound, |samples| {
            if !fits_whole {
                samples.end_wide();
            }
            samples.push(new);
        });
        let Some(known) = self.sounds.get_mut(&sound) else {
            return false;
        };
        known.tell(sound, &mut self.widened, told);
        let goes_on = known.samples.len() < SOUND_SAMPLES_MAX;
        if let Some(past) = known.past() {
            self.change(sound, |samples| samples.drop_before(past));
        }
        goes_on
    }

    /// Changes a sound's samples, and counts what that took.
    fn change(&mut self, sound: SoundId, change: impl FnOnce(&mut Widths)) {
        let Some(known) = self.sounds.get_mut(&sound) else {
            return;
        };
        let is_slow = known.is_slow();
        let before = (known.samples.bytes(), known.samples.wide_bytes());
        change(&mut known.samples);
        let after = (known.samples.bytes(), known.samples.wide_bytes());
        self.bytes = self.bytes - before.0 + after.0;
        self.wide_bytes = self.wide_bytes - before.1 + after.1;
        if is_slow {
            self.slow.bytes = self.slow.bytes - before.0 + after.0;
        }
    }

    /// Nothing more comes. With an error the sound stays for those who play it, up to where it
    /// broke, but is not found again; without a sample it is gone.
    pub(crate) fn end(&mut self, sound: SoundId, error: Option<DecodeError>) -> Vec<Told> {
        let mut told = Vec::new();
        self.change(sound, Widths::end);
        self.slow_ended(sound);
        let Some(known) = self.sounds.get_mut(&sound) else {
            return told;
        };
        known.pipe = None;
        if !known.is_stream() {
            known.listeners = Listeners::default();
        }
        // It got no place among the slow ones: what there is of it is not played.
        let is_refused = error.is_some() && known.speed == Speed::Unproven;
        if !is_refused {
            known.tell(sound, &mut self.widened, &mut told);
        }
        let empty = known.samples.len() == 0 || is_refused;
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

    /// Drops sounds that were not wanted lately, the longest unwanted first; tells whether that
    /// was enough.
    fn make_room(&mut self, bytes: usize) -> bool {
        while self.bytes + bytes > self.bytes_max {
            if !self.drop_oldest() {
                return false;
            }
        }
        true
    }

    /// Takes the wide samples of sounds that were not wanted lately, the longest unwanted first;
    /// tells whether that was enough.
    fn make_wide_room(&mut self, bytes: usize) -> bool {
        while self.wide_bytes + bytes > self.bytes_max / WIDE_SHARE {
            let Some(oldest) = self.longest_unwanted(|sound| sound.samples.wide_bytes() > 0) else {
                return false;
            };
            self.change(oldest, Widths::drop_wide);
        }
        true
    }

    /// Takes wide samples away even from sounds in use, which go on narrow: better than that
    /// another ends. The widest first; tells whether that was enough.
    fn narrow_down(&mut self, bytes: usize) -> bool {
        while self.bytes + bytes > self.bytes_max {
            let wide = self.sounds.iter();
            let wide = wide.filter(|(_, sound)| sound.samples.wide_bytes() > 0);
            let widest = wide.max_by_key(|(_, sound)| sound.samples.wide_bytes());
            let Some(widest) = widest.map(|(sound, _)| *sound) else {
                return false;
            };
            self.change(widest, Widths::drop_wide);
        }
        true
    }

    /// Room for one more entry.
    pub(crate) fn has_room(&mut self) -> bool {
        while self.sounds.len().max(self.audios.len()) >= SOUNDS_MAX {
            if !self.drop_oldest() {
                return false;
            }
        }
        true
    }

    fn longest_unwanted(&self, of: impl Fn(&Sound) -> bool) -> Option<SoundId> {
        let unwanted = self.sounds.iter().filter(|(_, sound)| {
            sound.samples.has_ended() && sound.used.elapsed() >= self.kept && of(sound)
        });
        let longest = unwanted.min_by_key(|(_, sound)| sound.used);
        longest.map(|(sound, _)| *sound)
    }

    fn drop_oldest(&mut self) -> bool {
        let Some(oldest) = self.longest_unwanted(|_| true) else {
            return false;
        };
        self.remove(oldest);
        true
    }

    /// Removes a sound with all that is kept of it.
    fn remove(&mut self, sound: SoundId) {
        self.slow_ended(sound);
        let Some(removed) = self.sounds.remove(&sound) else {
            return;
        };
        self.bytes -= removed.samples.bytes();
        self.wide_bytes -= removed.samples.wide_bytes();
        self.forget(sound, &removed.origin);
        if let Some(pipe) = removed.pipe {
            pipe.abandon();
        }
    }

    /// Drops audio that nobody asked to decode, if it has waited long.
    pub(crate) fn drop_waiting(&mut self, longer_than: Duration) {
        self.audios.retain(|_, fetched| match &fetched.audio {
            Audio::Waiting { since, .. } => since.elapsed() <= longer_than,
            Audio::Sound(_) => true,
        });
    }

    fn forget(&mut self, sound: SoundId, origin: &Origin) {
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
    /// Answers those who waited for what is there now.
    fn tell(&mut self, sound: SoundId, widened: &mut Widened, told: &mut Vec<Told>) {
        if self.can_begin() {
            let askers = self.askers.drain(..);
            told.extend(askers.map(|decode| {
                let result = Ok(sound);
                Told::Decoded { decode, result }
            }));
        }
        let samples = &self.samples;
        self.wants.retain(|place| {
            let answer = serve(samples, *place, widened);
            let waits = answer.is_none();
            told.extend(answer);
            waits
        });
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
