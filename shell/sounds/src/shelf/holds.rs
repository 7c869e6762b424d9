//! Holds on sounds and claims on audio: an unfinished source is dropped with the last hold or
//! claim. A finished file stays as long as a request can find it.

use std::time::Instant;

use confab_switchboard::DecodeError;
use confab_terms::{AudioId, CallSid, DecodeId, SoundId};

use super::reader::Reader;
use super::{Audio, Origin, Shelf, Sound};
use crate::told::Told;

impl Shelf {
    /// Adds a claim to audio; returns false if the audio is unknown or broken.
    pub(crate) fn claim(&mut self, audio: AudioId) -> bool {
        if self.is_broken(audio) {
            return false;
        }
        let Some(fetched) = self.audios.get_mut(&audio) else {
            return false;
        };
        fetched.claims += 1;
        if let Audio::Waiting { since, .. } = &mut fetched.audio {
            *since = Instant::now();
        }
        true
    }

    /// Returns whether the source of audio failed, even if the sound still plays.
    fn is_broken(&self, audio: AudioId) -> bool {
        let fetched = self.audios.get(&audio);
        fetched.is_some_and(|fetched| match &fetched.audio {
            Audio::Sound(sound) => self.failure(*sound).is_some(),
            Audio::Waiting { file, .. } => file.failure().is_some(),
        })
    }

    /// Ends a claim on audio that was decoded or is not needed.
    pub(crate) fn end_claim(&mut self, audio: AudioId) {
        let Some(fetched) = self.audios.get_mut(&audio) else {
            return;
        };
        fetched.claims = fetched.claims.saturating_sub(1);
        match fetched.audio {
            Audio::Sound(sound) => self.release_unused(sound),
            Audio::Waiting { .. } if fetched.claims == 0 => {
                self.audios.remove(&audio);
            }
            Audio::Waiting { .. } => {}
        }
    }

    /// Marks audio that no request finds any more: it ends with the last claim and hold.
    pub(crate) fn forget_audio(&mut self, audio: AudioId) {
        let Some(fetched) = self.audios.get_mut(&audio) else {
            return;
        };
        fetched.is_cached = false;
        match fetched.audio {
            Audio::Sound(sound) => self.release_unused(sound),
            Audio::Waiting { .. } if fetched.claims == 0 => {
                self.audios.remove(&audio);
            }
            Audio::Waiting { .. } => {}
        }
    }

    /// Holds a sound for a decoding. Returns the response if the sound can begin; otherwise it
    /// follows.
    pub(crate) fn ask(
        &mut self,
        sound: SoundId,
        decode: DecodeId,
        call: Option<CallSid>,
    ) -> Option<Told> {
        self.release(decode);
        let known = self.sounds.get_mut(&sound)?;
        known.used = Instant::now();
        known.holders.insert(decode);
        if known.keeps && !known.readers.iter().any(Reader::has_beginning) {
            self.add_reader(sound, 0);
        }
        let known = self.sounds.get_mut(&sound)?;
        let can_begin = known.can_begin();
        if !can_begin {
            known.askers.push(decode);
        }
        self.decodes.insert(decode, (sound, call));
        can_begin.then(|| {
            let result: Result<SoundId, DecodeError> = Ok(sound);
            Told::Decoded { decode, result }
        })
    }

    /// Ends the hold of a decoding, if any.
    pub(crate) fn release(&mut self, decode: DecodeId) {
        let Some((sound, _)) = self.decodes.remove(&decode) else {
            return;
        };
        if let Some(known) = self.sounds.get_mut(&sound) {
            known.holders.remove(&decode);
            known.askers.retain(|asker| *asker != decode);
        }
        self.release_unused(sound);
    }

    /// Removes a sound without holders, unless it is a whole file.
    pub(super) fn release_unused(&mut self, sound: SoundId) {
        let Some(known) = self.sounds.get(&sound) else {
            return;
        };
        if !known.holders.is_empty() {
            return;
        }
        let is_whole = known.is_complete() && self.is_found(sound, known);
        if !is_whole && self.claims_of(known) == 0 {
            tracing::debug!(%sound, "a sound without listeners is released");
            self.remove(sound);
        } else if known.keeps {
            // The sound can be decoded again from the kept file.
            self.drop_readers(sound, |one| !one.is_busy() && !one.has_all());
        }
    }

    pub(super) fn claims_of(&self, sound: &Sound) -> usize {
        match &sound.origin {
            Origin::Audio(audio) => self.audios.get(audio).map_or(0, |known| known.claims),
            Origin::Phrase(_) => 0,
        }
    }

    /// Returns whether a request for the same audio or phrase finds this sound.
    fn is_found(&self, sound: SoundId, known: &Sound) -> bool {
        match &known.origin {
            Origin::Audio(audio) => self.audios.get(audio).is_some_and(|found| found.is_cached),
            Origin::Phrase(phrase) => self.spoken.get(phrase) == Some(&sound),
        }
    }
}
