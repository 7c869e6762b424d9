//! Player of a sound for a leg. The state is a source and a position.

use std::sync::Arc;

use confab_terms::Rate;
use serde::{Deserialize, Serialize};

use crate::beep;
use crate::music::music;
use crate::sound::{Fed, Held};
use crate::{Player, Source};

/// Length of a player's fade-in and fade-out: 4 ms in samples at 8 kHz.
pub(crate) const FADE_SAMPLES: usize = 32;
/// Fade-out at the highest rate of sounds; at a lower rate only the first samples are used.
pub(crate) type Tail = [[i16; Rate::Hz48000.of_sounds().factor()]; FADE_SAMPLES];

/// Player in progress.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Playing {
    /// Player as ordered, with the current position.
    told: Player,
    /// Sampling rate of the output.
    rate: Rate,
    /// Buffered chunks of a `Source::Sound`.
    held: Option<Held>,
    /// True if no sample was played since the start or the last gap.
    fresh: bool,
    begun: bool,
    over: bool,
}

/// Result of a player's tick.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Played {
    /// True if the frame contains audio; else its content is undefined.
    pub(crate) sounds: bool,
    /// True if the last sample was played in this tick.
    pub(crate) ended: bool,
    /// True if the player was silent because the next chunk is late.
    pub(crate) dry: bool,
}

impl Playing {
    pub(crate) fn new(player: Player, rate: Rate) -> Self {
        let held = match player.source {
            Source::Sound(_) => Some(Held::new(player.position, player.repeats, rate)),
            Source::Music | Source::Beep | Source::Silence { .. } => None,
        };
        Self {
            told: player,
            rate,
            held,
            fresh: true,
            begun: false,
            over: false,
        }
    }

    /// Returns the player with its current position.
    pub(crate) fn player(&self) -> Player {
        self.told
    }

    /// Changes the sampling rate; the position is unchanged.
    pub(crate) fn fit(&mut self, rate: Rate) {
        self.rate = rate;
        if let Some(held) = &mut self.held {
            held.fit(rate);
        }
    }

    /// Returns position and rate of the next chunk to request, if due.
    pub(crate) fn ask(&mut self, tick: u64) -> Option<(u64, Rate)> {
        if self.over {
            return None;
        }
        let position = self.held.as_mut()?.ask(tick)?;
        Some((position, self.rate))
    }

    /// Discards the pending request.
    pub(crate) fn ask_anew(&mut self) {
        if let Some(held) = &mut self.held {
            held.ask_anew();
        }
    }

    /// Adds a chunk; returns whether the chunk was used.
    pub(crate) fn feed(&mut self, position: u64, samples: (Rate, Arc<[i16]>), last: bool) -> Fed {
        let Some(held) = self.held.as_mut().filter(|_| !self.over) else {
            return Fed::Stale;
        };
        let fed = held.feed(position, samples, last);
        self.over |= fed == Fed::Gone;
        fed
    }

    /// Writes the next samples: a frame, or the tail.
    pub(crate) fn play(&mut self, frame: &mut [i16]) -> Played {
        let length = (frame.len() / self.rate.factor()) as u64;
        let mut played = Played {
            sounds: false,
            ended: false,
            dry: false,
        };
        if self.over {
            return played;
        }
        match self.told.source {
            Source::Music => {
                self.play_music(frame);
                played.sounds = true;
            }
            Source::Beep => {
                played.ended = beep::play(self.told.position, self.rate, frame);
                self.told.position = self.told.position.saturating_add(length);
                played.sounds = true;
            }
            Source::Silence { samples } => {
                self.told.position = self.told.position.saturating_add(length);
                played.ended = self.told.position >= samples && !self.told.repeats;
            }
            Source::Sound(_) => self.play_sound(frame, &mut played),
        }
        if played.sounds {
            self.begun = true;
            if core::mem::take(&mut self.fresh) {
                swell(self.rate, frame);
            }
        }
        self.over |= played.ended;
        played
    }

    /// Returns the fade-out of a player that is stopped now.
    pub(crate) fn tail(&mut self) -> Tail {
        let mut whole = Tail::default();
        let tail = &mut whole.as_flattened_mut()[..FADE_SAMPLES * self.rate.factor()];
        if self.begun && self.play(tail).sounds {
            tail.reverse();
            swell(self.rate, tail);
            tail.reverse();
        } else {
            tail.fill(0);
        }
        whole
    }

    fn play_music(&mut self, frame: &mut [i16]) {
        let (music, factor) = (music(self.rate), self.rate.factor());
        let length = (music.len() / factor) as u64;
        let mut at = 0;
        while at < frame.len() {
            #[expect(
                clippy::cast_possible_truncation,
                reason = "less than the music's length"
            )]
            let from = &music[(self.told.position % length) as usize * factor..];
            let n = from.len().min(frame.len() - at);
            frame[at..at + n].copy_from_slice(&from[..n]);
            at += n;
            self.told.position = (self.told.position % length + (n / factor) as u64) % length;
        }
    }

    fn play_sound(&mut self, frame: &mut [i16], played: &mut Played) {
        let Some(held) = &mut self.held else { return };
        let n = held.play(frame);
        frame[n..].fill(0);
        self.told.position = held.position();
        played.sounds = n > 0;
        played.ended = held.is_over();
        if n < frame.len() && !played.ended {
            // Before its first sample the player is late, not dry.
            played.dry = self.begun;
            self.fresh = true;
        }
    }
}

/// Fades in over the first 4 ms.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    reason = "the result is no larger than the sample"
)]
fn swell(rate: Rate, frame: &mut [i16]) {
    let length = FADE_SAMPLES * rate.factor();
    for (at, sample) in frame.iter_mut().take(length).enumerate() {
        *sample = (i32::from(*sample) * at as i32 / length as i32) as i16;
    }
}
