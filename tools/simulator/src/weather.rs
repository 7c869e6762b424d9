//! Conditions of a network path: loss, duplication, reordering, delay.

use core::time::Duration;

use crate::dice::Dice;

/// Probabilities per mille, and delays in milliseconds or ticks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Weather {
    pub(crate) loss: u64,
    pub(crate) twice: u64,
    pub(crate) late: u64,
    pub(crate) late_ticks_max: u64,
    pub(crate) delay_ms_max: u64,
}

impl Weather {
    pub(crate) const CLEAR: Self = Self {
        loss: 0,
        twice: 0,
        late: 0,
        late_ticks_max: 0,
        delay_ms_max: 0,
    };

    /// Draws the conditions of a path; about a third of the paths are clear.
    pub(crate) fn new(dice: &mut Dice) -> Self {
        if dice.chance(350) {
            return Self {
                delay_ms_max: 5,
                ..Self::CLEAR
            };
        }
        Self {
            loss: *dice.pick(&[0, 10, 50, 150]).unwrap_or(&0),
            twice: *dice.pick(&[0, 10, 50]).unwrap_or(&0),
            late: *dice.pick(&[0, 20, 100, 300]).unwrap_or(&0),
            late_ticks_max: dice.between(1, 6),
            delay_ms_max: *dice.pick(&[5, 40, 150]).unwrap_or(&5),
        }
    }

    /// Draws the delay of a datagram, and true if it is a long one that may cause reordering.
    pub(crate) fn delay(&self, dice: &mut Dice) -> (Duration, bool) {
        let late = dice.chance(self.late);
        let ms = dice.below(self.delay_ms_max + 1) + if late { dice.between(20, 600) } else { 0 };
        (Duration::from_micros(ms * 1_000 + dice.below(1_000)), late)
    }

    pub(crate) fn is_clear(&self) -> bool {
        self.loss == 0 && self.late == 0
    }
}
