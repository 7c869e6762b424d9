//! Detection of speech by loudness. Three loud frames begin speech, a quiet second ends it: at most
//! one beginning is reported in a second. Plain state without allocation.

use serde::{Deserialize, Serialize};

/// Energy above which speech begins: −40 dBFS, as the sum of squares of a frame of 160 samples.
const BEGINS: u64 = 160 * 328 * 328;
/// Energy below which a frame of speech counts as quiet: −46 dBFS.
const GOES_ON: u64 = 160 * 164 * 164;
/// Number of loud ticks that begin speech: 60 ms, so that a click does not count.
const ONSET: u8 = 3;
/// Number of quiet ticks that end speech: 1 s, so that a breath does not count.
const HANGOVER: u8 = 50;
/// Minimum number of ticks between two beginnings.
const APART: u8 = 50;

/// Speech state of a leg.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Speech {
    speaks: bool,
    /// Number of consecutive loud ticks before speech, or of quiet ticks during speech.
    run: u8,
    /// Number of ticks until speech may begin again.
    rests: u8,
}

impl Speech {
    /// Processes a tick of an audible voice; returns a beginning or end of speech.
    pub(crate) fn hears(&mut self, energy: u64) -> Option<bool> {
        self.rests = self.rests.saturating_sub(1);
        let counts = if self.speaks {
            energy < GOES_ON
        } else {
            energy >= BEGINS
        };
        self.run = if counts {
            self.run.saturating_add(1)
        } else {
            0
        };
        let turns = if self.speaks {
            self.run >= HANGOVER
        } else {
            self.run >= ONSET && self.rests == 0
        };
        if !turns {
            return None;
        }
        self.run = 0;
        self.speaks = !self.speaks;
        if self.speaks {
            self.rests = APART;
        }
        Some(self.speaks)
    }

    /// Processes a tick of an inaudible voice, which ends speech immediately.
    pub(crate) fn is_unheard(&mut self) -> Option<bool> {
        self.rests = self.rests.saturating_sub(1);
        self.run = 0;
        core::mem::take(&mut self.speaks).then_some(false)
    }
}

/// Returns the energy of a frame, scaled to the samples of 8 kHz.
pub(crate) fn energy(frame: &[i16]) -> u64 {
    let squares = frame
        .iter()
        .map(|&sample| u64::from(sample.unsigned_abs()).pow(2));
    squares.sum::<u64>() * 160 / frame.len().max(1) as u64
}

#[cfg(test)]
mod tests {
    use super::{BEGINS, GOES_ON, Speech, energy};

    /// Returns the reports, with their ticks, of voices with the given energy and number of ticks.
    fn told(voices: &[(u64, usize)]) -> Vec<(usize, bool)> {
        let mut speech = Speech::default();
        let ticks = voices.iter();
        let ticks = ticks.flat_map(|&(energy, ticks)| core::iter::repeat_n(energy, ticks));
        let told = ticks.map(|energy| speech.hears(energy)).enumerate();
        told.filter_map(|(tick, told)| Some((tick, told?)))
            .collect()
    }

    #[test]
    fn a_click_is_no_speech_and_a_breath_no_end() {
        assert_eq!(told(&[(BEGINS, 2), (0, 60), (BEGINS, 2)]), []);
        assert_eq!(told(&[(BEGINS, 40), (0, 49), (BEGINS, 40)]), [(2, true)]);
        let whole = told(&[(BEGINS, 40), (0, 60)]);
        assert_eq!(whole, [(2, true), (89, false)]);
    }

    #[test]
    fn between_the_two_levels_it_stays_what_it_is() {
        assert_eq!(told(&[(BEGINS - 1, 100)]), []);
        assert_eq!(told(&[(BEGINS, 3), (GOES_ON, 500)]), [(2, true)]);
        let faded = told(&[(BEGINS, 3), (GOES_ON - 1, 50)]);
        assert_eq!(faded, [(2, true), (52, false)]);
    }

    #[test]
    fn an_unheard_voice_ends_at_once_and_begins_at_most_once_a_second() {
        let mut speech = Speech::default();
        let mut begun = 0;
        for tick in 0..1_000 {
            let told = if tick % 5 == 4 {
                speech.is_unheard()
            } else {
                speech.hears(BEGINS)
            };
            begun += usize::from(told == Some(true));
        }
        assert!((15..=20).contains(&begun), "{begun} times in 20 s");
        assert_eq!(speech.is_unheard(), None);
    }

    #[test]
    fn a_sine_of_full_scale_is_far_above_and_never_too_much() {
        assert!(energy(&[i16::MIN; 160]) > BEGINS * 1_000);
        assert_eq!(energy(&[0; 160]), 0);
    }
}
