//! Simulated sounds: decoded late or not at all, fed in chunks, and sometimes lost.

use core::time::Duration;
use std::sync::Arc;

use confab_media::Command;
use confab_switchboard::{DecodeError, Input};
use confab_terms::{DecodeId, LegId, PlayerId, Rate, SoundId};

use crate::queue::Arrival;
use crate::tally::Kind;
use crate::voices::{TONES, tone};
use crate::world::World;

/// Returns the tone of a sound. Sounds share three tones, so that two of three wrong sounds are
/// found.
pub(crate) fn tone_of(sound: SoundId) -> usize {
    (sound.0 % TONES as u64) as usize
}

impl World {
    /// Schedules the result of a decoding or of a speech synthesis.
    pub(crate) fn decode(&mut self, decode: DecodeId) {
        let dice = &mut self.application;
        let late = dice.chance(150);
        let ms = if late {
            dice.between(100, 3_000)
        } else {
            dice.below(40)
        };
        let fails = dice.chance(120);
        let samples = *dice.pick(&[0, 700, 8_000, 20_000, 50_000]).unwrap_or(&0);
        if late {
            self.tally.count(Kind::DecodeLate);
        }
        let result = if fails {
            self.tally.count(Kind::DecodeFailed);
            let message = "scripted to fail".to_owned();
            Err(DecodeError {
                code: 13_420,
                message,
            })
        } else {
            self.tally.count(Kind::Decoded);
            let sound = SoundId(self.sounds.len() as u64 + 1);
            self.sounds.insert(sound, samples);
            self.books.fetches.decoded(decode, sound);
            Ok(sound)
        };
        let sound = result.as_ref().ok().copied();
        self.books.holds.ordered(decode, sound);
        let at = self.now + Duration::from_micros(ms * 1_000 + 1);
        self.queue
            .push(at, Arrival::Input(Input::Decoded { decode, result }));
    }

    pub(crate) fn feed(
        &mut self,
        leg: LegId,
        player: PlayerId,
        sound: SoundId,
        (position, rate): (u64, Rate),
    ) {
        let dice = &mut self.application;
        let late = dice.chance(100);
        let ms = if late {
            dice.between(100, 900)
        } else {
            dice.below(5)
        };
        let gone = dice.chance(20);
        if late {
            self.tally.count(Kind::ChunkLate);
        }
        let length = self.sounds.get(&sound).copied().unwrap_or(0);
        let left = if gone {
            0
        } else {
            length.saturating_sub(position)
        };
        if gone {
            self.tally.count(Kind::SoundGone);
        }
        let which = tone_of(sound);
        let samples: Vec<i16> = (position..position + left.min(8_000))
            .flat_map(|at| core::iter::repeat_n(tone(which, at), rate.factor()))
            .collect();
        if let Some(here) = self.ports.legs.get_mut(&leg) {
            here.fed.insert(sound);
        }
        let command = Command::Feed {
            leg,
            player,
            position,
            rate,
            samples: Arc::from(samples),
            last: left <= 8_000,
        };
        let at = self.now + Duration::from_micros(ms * 1_000 + 1);
        self.queue.push(at, Arrival::Chunk(command));
    }
}
