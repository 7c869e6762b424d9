//! Whether a leg speaks, told from how loud it is. Loud for three frames begins it, quiet for a
//! second ends it: what is told is at most one beginning a second. Plain state, no memory taken.

use serde::{Deserialize, Serialize};

/// −40 dBFS: the sum of the squares of a frame of 160 samples.
const BEGINS: u64 = 160 * 328 * 328;
/// −46 dBFS. Between the two it goes on if it had begun.
const GOES_ON: u64 = 160 * 164 * 164;
/// Ticks: 60 ms, so that a click is no speech.
const ONSET: u8 = 3;
/// Ticks: 1 s, so that a breath is no end of it.
const HANGOVER: u8 = 50;
/// Ticks from one beginning to the next.
const APART: u8 = 50;

/// What is known of one leg.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Speech {
    speaks: bool,
    /// Loud ticks in a row before it began; quiet ones since it did.
    run: u8,
    /// Ticks until it may begin again.
    rests: u8,
}

impl Speech {
    /// One tick of a voice that somebody may hear. Says so if it begins or ends here.
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

    /// One tick of a voice that nobody may hear: it ends at once.
    pub(crate) fn is_unheard(&mut self) -> Option<bool> {
        self.rests = self.rests.saturating_sub(1);
        self.run = 0;
        core::mem::take(&mut self.speaks).then_some(false)
    }
}

/// How much is in a frame: what it would be at 8 kHz, whatever its rate.
pub(crate) fn energy(frame: &[i16]) -> u64 {
    let squares = frame
        .iter()
        .map(|&sample| u64::from(sample.unsigned_abs()).pow(2));
    squares.sum::<u64>() * 160 / frame.len().max(1) as u64
}

#[cfg(test)]
mod tests {
    use super::{BEGINS, GOES_ON, Speech, energy};

    /// (tick, what was told) of voices of so many ticks each.
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
