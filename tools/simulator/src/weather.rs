//! What a line does to packets: it loses them, brings them twice, lets them overtake each other.

use core::time::Duration;

use crate::dice::Dice;

/// Per mille, and milliseconds.
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

    /// Every third line is a clear one.
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

    /// How long a datagram takes; some take a good deal longer.
    pub(crate) fn delay(&self, dice: &mut Dice) -> (Duration, bool) {
        let late = dice.chance(self.late);
        let ms = dice.below(self.delay_ms_max + 1) + if late { dice.between(20, 600) } else { 0 };
        (Duration::from_micros(ms * 1_000 + dice.below(1_000)), late)
    }

    pub(crate) fn is_clear(&self) -> bool {
        self.loss == 0 && self.late == 0
    }
}
