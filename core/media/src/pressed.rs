//! Digit that a phone sends as packets (RFC 4733), for a room that hears digits: its tones, for as
//! long as the key is held.

use confab_codec::tone::Sine;
use confab_terms::{Digit, Rate};
use serde::{Deserialize, Serialize};

use crate::keys::tones;

/// Number of ticks of tone after each packet. Packets arrive every 20 or 50 ms: the tone must have
/// no gap, and the end of a digit may be lost.
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

    /// Extends the tone by another packet.
    pub(crate) fn goes_on(&mut self) {
        self.ticks = HOLD_TICKS;
    }

    /// Replaces a frame of the voice by the tone; returns true for the last frame.
    pub(crate) fn sound(&mut self, frame: &mut [i16]) -> bool {
        let [row, column] = &mut self.tones;
        row.fill(frame);
        column.add(frame);
        self.ticks -= 1;
        self.ticks == 0
    }
}
