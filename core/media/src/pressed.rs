//! A key that a phone sends as packets (RFC 4733), for a room that is to hear it: its tones, for as
//! long as it is held.

use confab_codec::tone::Sine;
use confab_terms::{Digit, Rate};
use serde::{Deserialize, Serialize};

use crate::keys::tones;

/// What is heard of it after each packet. One comes every 20 ms or 50: none of them may be a gap,
/// and the end of a press may be lost.
const HOLD_TICKS: u8 = 3;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Pressed {
    digit: Digit,
    tones: [Sine; 2],
    ticks: u8,
}

impl Pressed {
    pub(crate) fn new(rate: Rate, digit: Digit) -> Option<Self> {
        let tones = tones(rate, digit)?;
        let ticks = HOLD_TICKS;
        Some(Self {
            digit,
            tones,
            ticks,
        })
    }

    pub(crate) fn is(&self, digit: Digit) -> bool {
        self.digit == digit
    }

    /// It is still down.
    pub(crate) fn goes_on(&mut self) {
        self.ticks = HOLD_TICKS;
    }

    /// One tick of it in the place of the voice; whether that was the last.
    pub(crate) fn sound(&mut self, frame: &mut [i16]) -> bool {
        let [row, column] = &mut self.tones;
        row.fill(frame);
        column.add(frame);
        self.ticks -= 1;
        self.ticks == 0
    }
}
