//! Which audio and which sounds there are, who waits for them, and which make room for others.
//! Plain data under the handle's lock: nothing here blocks, decodes or tells.

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use confab_switchboard::DecodeError;
use confab_terms::{AudioId, DecodeId, SoundId};

use crate::decoder::Decoded;
use crate::limits::{
    SOUND_BYTES_MAX, SOUND_KEPT, SOUND_SAMPLES_MAX, SOUNDS_MAX, WANTS_MAX, WIDE_SHARE,
};
use crate::pipe::AudioReader;
use crate::speech::Phrase;
use crate::told::{Told, Want};
use crate::widened::Widened;
use crate::widths::Widths;
use crate::work::{Job, not_audio};

/// What a sound was made of.
#[derive(Clone, Debug)]
pub(crate) enum Origin {
    Audio(AudioId),
    Phrase(Phrase),
}

/// Fetched audio.
#[derive(Debug)]
pub(crate) enum Audio {
    /// Nobody has asked to decode it yet.
    Waiting {
        reader: AudioReader,
        content_type: String,
        since: Instant,
    },
    /// Somebody has.
    Sound(SoundId),
}

#[derive(Debug)]
pub(crate) struct Sound {
    pub(crate) samples: Widths,
    origin: Origin,
    /// Who waits for its beginning.
    askers: Vec<DecodeId>,
    wants: Vec<Want>,
    used: Instant,
}

pub(crate) struct Shelf {
    pub(crate) audios: BTreeMap<AudioId, Audio>,
    pub(crate) sounds: BTreeMap<SoundId, Sound>,
    pub(crate) spoken: BTreeMap<Phrase, SoundId>,
    pub(crate) jobs: VecDeque<Job>,
    pub(crate) workers: usize,
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
            jobs: VecDeque::new(),
            workers: 0,
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
    pub(crate) fn new_sound(&mut self, origin: Origin) -> SoundId {
        self.sound_count += 1;
        let sound = SoundId(self.sound_count);
        match &origin {
            Origin::Audio(audio) => {
                self.audios.insert(*audio, Audio::Sound(sound));
            }
            Origin::Phrase(phrase) => {
                self.spoken.insert(phrase.clone(), sound);
            }
        }
        let new = Sound {
            samples: Widths::default(),
            origin,
            askers: Vec::new(),
            wants: Vec::new(),
            used: Instant::now(),
        };
        self.sounds.insert(sound, new);
        sound
    }

    /// Answers at once if the sound can begin; else when it can.
    pub(crate) fn ask(&mut self, sound: SoundId, decode: DecodeId) -> Option<Told> {
        let known = self.sounds.get_mut(&sound)?;
        known.used = Instant::now();
        if known.samples.can_begin() {
            let result = Ok(sound);
            return Some(Told::Decoded { decode, result });
        }
        known.askers.push(decode);
        None
    }

    /// Answers at once if the samples are there, or never will be; else when they come.
    pub(crate) fn want(&mut self, want: Want) -> Option<Told> {
        let Some(sound) = self.sounds.get_mut(&want.sound) else {
            return Some(gone(want));
        };
        sound.used = Instant::now();
        let told = serve(&sound.samples, want, &mut self.widened);
        if told.is_none() {
            if sound.wants.len() == WANTS_MAX {
                return Some(gone(want));
            }
            sound.wants.push(want);
        }
        told
    }

    /// Takes decoded samples; tells whether it would take more. `told` are those who waited.
    pub(crate) fn grow(&mut self, sound: SoundId, new: Decoded<'_>, told: &mut Vec<Told>) -> bool {
        let Some(known) = self.sounds.get(&sound) else {
            return false;
        };
        let narrow = size_of_val(new.narrow);
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
        known.samples.len() < SOUND_SAMPLES_MAX
    }

    /// Changes a sound's samples, and counts what that took.
    fn change(&mut self, sound: SoundId, change: impl FnOnce(&mut Widths)) {
        let Some(known) = self.sounds.get_mut(&sound) else {
            return;
        };
        self.bytes -= known.samples.bytes();
        self.wide_bytes -= known.samples.wide_bytes();
        change(&mut known.samples);
        self.bytes += known.samples.bytes();
        self.wide_bytes += known.samples.wide_bytes();
    }

    /// Nothing more comes. With an error the sound stays for those who play it, up to where it
    /// broke, but is not found again; without a sample it is gone.
    pub(crate) fn end(&mut self, sound: SoundId, error: Option<DecodeError>) -> Vec<Told> {
        let mut told = Vec::new();
        self.change(sound, Widths::end);
        let Some(known) = self.sounds.get_mut(&sound) else {
            return told;
        };
        known.tell(sound, &mut self.widened, &mut told);
        let empty = known.samples.len() == 0;
        let error = error.or_else(|| empty.then(|| not_audio("no room for its samples")));
        if let Some(error) = error {
            for decode in known.askers.drain(..) {
                let result = Err(error.clone());
                told.push(Told::Decoded { decode, result });
            }
            let origin = known.origin.clone();
            self.forget(sound, &origin);
            if empty {
                self.sounds.remove(&sound);
            }
        }
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
        if let Some(dropped) = self.sounds.remove(&oldest) {
            self.bytes -= dropped.samples.bytes();
            self.wide_bytes -= dropped.samples.wide_bytes();
            self.forget(oldest, &dropped.origin);
        }
        true
    }

    /// Drops audio that nobody asked to decode, if it has waited long.
    pub(crate) fn drop_waiting(&mut self, longer_than: Duration) {
        self.audios.retain(|_, audio| match audio {
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
        if self.samples.can_begin() {
            let askers = self.askers.drain(..);
            told.extend(askers.map(|decode| {
                let result = Ok(sound);
                Told::Decoded { decode, result }
            }));
        }
        let samples = &self.samples;
        self.wants.retain(|want| {
            let answer = serve(samples, *want, widened);
            let waits = answer.is_none();
            told.extend(answer);
            waits
        });
    }
}

fn serve(samples: &Widths, want: Want, widened: &mut Widened) -> Option<Told> {
    let served = samples.serve(want.sound, want.position, want.rate, widened)?;
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
