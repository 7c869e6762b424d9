//! Ledger of sounds and fetched audio: each decoding is released once, each fetched audio is
//! decoded or dropped once, and no player plays a released sound.

use core::time::Duration;
use std::collections::BTreeMap;

use confab_terms::{AudioId, DecodeId, Instant, SoundId};

use crate::outcome::Checked;

/// Time until an order to stop a player has reached its thread, measured from the release of the
/// sound.
const STOPPING: Duration = Duration::from_millis(200);

#[derive(Default)]
pub(crate) struct Holds {
    /// Ordered decodings, with the sound after decoding.
    held: BTreeMap<DecodeId, Option<SoundId>>,
    released: BTreeMap<SoundId, Instant>,
    /// Number of answers with this audio that were neither decoded nor dropped.
    brought: BTreeMap<AudioId, u32>,
}

impl Holds {
    pub(crate) fn brought(&mut self, audio: AudioId) {
        *self.brought.entry(audio).or_default() += 1;
    }

    /// Records that audio was decoded or dropped.
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

    /// Checks that the sound of a player was not released, on a thread that has executed all orders
    /// so far.
    pub(crate) fn plays(&self, sound: SoundId, now: Instant) -> Checked {
        match self.released.get(&sound) {
            Some(at) if now.saturating_since(*at) > STOPPING => {
                Err(format!("sound {sound} plays and was given back"))
            }
            _ => Ok(()),
        }
    }

    /// Checks at the end of a run that nothing is left.
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
