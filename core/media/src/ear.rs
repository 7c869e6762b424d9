//! Sounds that a leg hears besides its room: a background under the room, and an announcement over
//! both. Players provide the samples; the limiter is applied afterwards.

use confab_codec::Resampler;
use confab_mixer::limit;
use confab_terms::{PlayerId, Rate};
use serde::{Deserialize, Serialize};

use crate::player::{FADE_SAMPLES, Played, Playing, Tail};
use crate::{Background, Player};

/// Gain of −12 dB, relative to 32,768.
const DUCKED: i32 = 8_231;
const FULL: i32 = 32_768;
/// Samples of a frame of sound at its highest rate.
const FRAME_MAX: usize = Rate::Hz48000.of_sounds().frame_samples();
/// Number of players of a leg.
const DECKS: usize = 2;
pub(crate) const BACKGROUND: usize = 0;
pub(crate) const ANNOUNCEMENT: usize = 1;

/// Players of a leg.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Ear {
    decks: [Option<Playing>; DECKS],
    /// Sampling rate of the players.
    rate: Rate,
    /// Fade-out of players that were stopped since the last tick.
    tail: Option<Tail>,
    /// True if the last tick ended attenuated; the next tick continues from there.
    ducked: bool,
    /// Converter to a codec with a higher rate than any sound, and true if its filter still
    /// contains audio.
    way: Option<Resampler>,
    rings: bool,
}

/// Result of a leg's players in a tick.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Heard {
    pub(crate) ended: [Option<PlayerId>; DECKS],
    pub(crate) dry: u64,
}

impl Ear {
    /// Returns true if no player is set and no fade is in progress: the leg hears only its room.
    pub(crate) fn is_idle(&self) -> bool {
        self.decks.iter().all(Option::is_none) && self.tail.is_none() && !self.ducked && !self.rings
    }

    /// Sets the sampling rate of the leg's codec.
    pub(crate) fn fit(&mut self, rate: Rate) {
        let sounds = rate.of_sounds();
        if self.rate != sounds {
            self.rate = sounds;
            // A fade-out of 4 ms is not worth a filter.
            self.tail = None;
            self.playing().for_each(|playing| playing.fit(sounds));
        }
        let fits = self.way.as_ref().map_or(sounds, Resampler::to) == rate
            && self.way.as_ref().is_none_or(|way| way.from() == sounds);
        if !fits {
            self.way = (rate != sounds).then(|| Resampler::new(sounds, rate));
            self.rings = false;
        }
    }

    pub(crate) fn set_background(&mut self, background: Background) {
        self.set(
            BACKGROUND,
            match background {
                Background::None => None,
                Background::Playing(player) => Some(player),
            },
        );
    }

    /// Replaces a player, or removes it. A player with the same id continues at its position.
    pub(crate) fn set(&mut self, deck: usize, player: Option<Player>) {
        let playing = self.decks[deck]
            .as_ref()
            .map(|playing| playing.player().player);
        if player.is_some() && playing == player.map(|player| player.player) {
            return;
        }
        if let Some(mut old) = self.decks[deck].take() {
            let tail = self.tail.get_or_insert_default().as_flattened_mut();
            let down = deck == BACKGROUND && self.ducked;
            for (sum, sample) in tail.iter_mut().zip(old.tail().as_flattened()) {
                let sample = if down { sample / 4 } else { *sample };
                *sum = sum.saturating_add(sample);
            }
        }
        self.decks[deck] = player.map(|player| Playing::new(player, self.rate));
    }

    /// Returns the player with this id.
    pub(crate) fn find(&mut self, player: PlayerId) -> Option<&mut Playing> {
        let mut playing = self.decks.iter_mut().flatten();
        playing.find(|playing| playing.player().player == player)
    }

    pub(crate) fn players(&self) -> impl Iterator<Item = Player> + '_ {
        self.decks.iter().flatten().map(Playing::player)
    }

    pub(crate) fn playing(&mut self) -> impl Iterator<Item = &mut Playing> {
        self.decks.iter_mut().flatten()
    }

    /// Adds this tick of all players to the leg's room mix, at the rate of its codec.
    pub(crate) fn add_to(&mut self, rate: Rate, mix: &mut [i32]) -> Heard {
        let mut heard = Heard::default();
        let mut sounds = [0; FRAME_MAX];
        let sounds = &mut sounds[..self.rate.frame_samples()];
        let slope = FADE_SAMPLES * self.rate.factor();
        let down = self.decks[ANNOUNCEMENT].is_some();
        let was = core::mem::replace(&mut self.ducked, down);
        self.add_deck(BACKGROUND, sounds, &mut heard);
        duck(was, down, slope, sounds);
        self.add_deck(ANNOUNCEMENT, sounds, &mut heard);
        if let Some(tail) = self.tail.take() {
            add(sounds, &tail.as_flattened()[..slope]);
        }
        duck(was, down, FADE_SAMPLES * rate.factor(), mix);
        let Some(way) = self.way.as_mut().filter(|way| way.to() == rate) else {
            for (sum, sound) in mix.iter_mut().zip(sounds) {
                *sum += *sound;
            }
            return heard;
        };
        let (mut frame, mut wide) = ([0; FRAME_MAX], [0; Rate::Hz48000.frame_samples()]);
        let frame = &mut frame[..sounds.len()];
        limit(sounds, frame);
        let n = way.run(frame, &mut wide);
        add(mix, &wide[..n]);
        // A frame is longer than the filter: a frame of silence empties it.
        self.rings = frame.iter().any(|&sample| sample != 0);
        heard
    }

    fn add_deck(&mut self, deck: usize, sounds: &mut [i32], heard: &mut Heard) {
        let Some(playing) = &mut self.decks[deck] else {
            return;
        };
        let mut frame = [0; FRAME_MAX];
        let frame = &mut frame[..sounds.len()];
        let Played {
            sounds: any,
            ended,
            dry,
        } = playing.play(frame);
        if any {
            add(sounds, frame);
        }
        heard.dry += u64::from(dry);
        heard.ended[deck] = ended.then_some(playing.player().player);
    }
}

/// Attenuates by 12 dB while an announcement is set, with a ramp at either end.
fn duck(was: bool, down: bool, slope: usize, mix: &mut [i32]) {
    if !down && !was {
        return;
    }
    let (from, to) = (gain(was), gain(down));
    let length = if down == was { 0 } else { slope };
    let (sloped, rest) = mix.split_at_mut(length.min(mix.len()));
    for (at, sample) in (0_i32..).zip(sloped) {
        scale(sample, from + (to - from) * at / slope as i32);
    }
    if to != FULL {
        rest.iter_mut().for_each(|sample| scale(sample, to));
    }
}

fn gain(down: bool) -> i32 {
    if down { DUCKED } else { FULL }
}

#[expect(clippy::cast_possible_truncation, reason = "a gain is at most 1")]
fn scale(sample: &mut i32, gain: i32) {
    *sample = ((i64::from(*sample) * i64::from(gain)) >> 15) as i32;
}

fn add(mix: &mut [i32], frame: &[i16]) {
    for (sum, &sample) in mix.iter_mut().zip(frame) {
        *sum += i32::from(sample);
    }
}
