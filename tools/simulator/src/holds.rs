//! Holds on sounds and audio: each decoding is given back once, each audio that a fetch brought is
//! decoded or dropped once, and no player plays a sound that was given back.

use core::time::Duration;
use std::collections::BTreeMap;

use confab_terms::{AudioId, DecodeId, Instant, SoundId};

use crate::outcome::Checked;

/// Time that an order to stop a player takes to its thread, which begins as the sound is given
/// back.
const STOPPING: Duration = Duration::from_millis(200);

#[derive(Default)]
pub(crate) struct Holds {
    /// Decodings that were ordered, with the sound once there is one.
    held: BTreeMap<DecodeId, Option<SoundId>>,
    released: BTreeMap<SoundId, Instant>,
    /// Answers with this audio that were neither decoded nor dropped.
    brought: BTreeMap<AudioId, u32>,
}

impl Holds {
    pub(crate) fn brought(&mut self, audio: AudioId) {
        *self.brought.entry(audio).or_default() += 1;
    }

    /// Audio is decoded or dropped.
    pub(crate) fn used(&mut self, audio: AudioId) -> Checked {
        match self.brought.get_mut(&audio) {
            Some(answers) if *answers > 0 => {
                *answers -= 1;
                Ok(())
            }
            _ => Err(format!("{audio} is used more often than it was brought")),
        }
    }

    pub(crate) fn ordered(&mut self, decode: DecodeId, sound: Option<SoundId>) {
        self.held.insert(decode, sound);
    }

    pub(crate) fn released(&mut self, decode: DecodeId, now: Instant) -> Checked {
        let Some(sound) = self.held.remove(&decode) else {
            return Err(format!("{decode:?} is given back and was not held"));
        };
        if let Some(sound) = sound {
            self.released.insert(sound, now);
        }
        Ok(())
    }

    /// A player wants samples of a sound, on a thread that has carried out every order that
    /// reached it.
    pub(crate) fn plays(&self, sound: SoundId, now: Instant) -> Checked {
        match self.released.get(&sound) {
            Some(at) if now.saturating_since(*at) > STOPPING => {
                Err(format!("sound {sound} plays and was given back"))
            }
            _ => Ok(()),
        }
    }

    /// Checks at the end of a run.
    pub(crate) fn close(&self) -> Checked {
        let unused = self.brought.iter().find(|(_, answers)| **answers > 0);
        if let Some((audio, _)) = unused {
            return Err(format!("{audio} was neither decoded nor dropped"));
        }
        match self.held.keys().next() {
            Some(decode) => Err(format!("{decode:?} was never given back")),
            None => Ok(()),
        }
    }
}
