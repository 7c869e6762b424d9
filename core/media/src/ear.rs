//! What a leg hears besides its room: a background under it, an announcement over both. Where
//! they come from is the player's affair; the limiter comes after.

use confab_terms::PlayerId;
use serde::{Deserialize, Serialize};

use crate::player::{FADE_SAMPLES, Played, Playing};
use crate::{Background, Player};

/// 12 dB down, of 32,768.
const DUCKED: i32 = 8_231;
const FULL: i32 = 32_768;
/// The two players of a leg.
const DECKS: usize = 2;
pub(crate) const BACKGROUND: usize = 0;
pub(crate) const ANNOUNCEMENT: usize = 1;

/// The players of one leg.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Ear {
    decks: [Option<Playing>; DECKS],
    /// What remains of players that were stopped since the last tick.
    tail: Option<[i16; FADE_SAMPLES]>,
    /// How the last tick ended: the next one goes from there.
    ducked: bool,
}

/// What the players of a leg did in one tick.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Heard {
    pub(crate) ended: [Option<PlayerId>; DECKS],
    pub(crate) dry: u64,
}

impl Ear {
    /// Nothing plays and nothing changes: the leg hears its room as it is.
    pub(crate) fn is_idle(&self) -> bool {
        self.decks.iter().all(Option::is_none) && self.tail.is_none() && !self.ducked
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

    /// Puts on another player, or none. The same one again goes on where it is.
    pub(crate) fn set(&mut self, deck: usize, player: Option<Player>) {
        let playing = self.decks[deck]
            .as_ref()
            .map(|playing| playing.player().player);
        if player.is_some() && playing == player.map(|player| player.player) {
            return;
        }
        if let Some(mut old) = self.decks[deck].take() {
            let tail = self.tail.get_or_insert([0; FADE_SAMPLES]);
            let down = deck == BACKGROUND && self.ducked;
            for (sum, sample) in tail.iter_mut().zip(old.tail()) {
                let sample = if down { sample / 4 } else { sample };
                *sum = sum.saturating_add(sample);
            }
        }
        self.decks[deck] = player.map(Playing::new);
    }

    /// The one with this name.
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

    /// Adds this tick of everything that plays to what the leg hears of its room.
    pub(crate) fn add_to(&mut self, mix: &mut [i32], frame: &mut [i16]) -> Heard {
        let mut heard = Heard::default();
        self.add_deck(BACKGROUND, mix, frame, &mut heard);
        self.duck(mix);
        self.add_deck(ANNOUNCEMENT, mix, frame, &mut heard);
        if let Some(tail) = self.tail.take() {
            add(mix, &tail);
        }
        heard
    }

    fn add_deck(&mut self, deck: usize, mix: &mut [i32], frame: &mut [i16], heard: &mut Heard) {
        let Some(playing) = &mut self.decks[deck] else {
            return;
        };
        let Played { sounds, ended, dry } = playing.play(frame);
        if sounds {
            add(mix, frame);
        }
        heard.dry += u64::from(dry);
        heard.ended[deck] = ended.then_some(playing.player().player);
    }

    /// 12 dB down while an announcement is set, with a slope of 4 ms at either end.
    fn duck(&mut self, mix: &mut [i32]) {
        let down = self.decks[ANNOUNCEMENT].is_some();
        let was = core::mem::replace(&mut self.ducked, down);
        if !down && !was {
            return;
        }
        let (from, to) = (gain(was), gain(down));
        let slope = if down == was { 0 } else { FADE_SAMPLES };
        let (sloped, rest) = mix.split_at_mut(slope.min(mix.len()));
        for (at, sample) in (0_i32..).zip(sloped) {
            scale(sample, from + (to - from) * at / FADE_SAMPLES as i32);
        }
        if to != FULL {
            rest.iter_mut().for_each(|sample| scale(sample, to));
        }
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
