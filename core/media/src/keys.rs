//! Digits sent to a phone: as packets (RFC 4733) if agreed, else as tones in the audio of that
//! phone only (ITU-T Q.23).

use std::collections::VecDeque;

use confab_codec::tone::Sine;
use confab_rtp::{DigitPacket, DigitSender};
use confab_terms::limits::SEND_DIGITS_MAX;
use confab_terms::{Digit, PlayerId, Rate};
use serde::{Deserialize, Serialize};

use crate::{Key, LegMedia};

/// Length of a digit, and the minimum pause after it. Receivers need 40 ms of either (Q.24).
const PRESS_TICKS: u16 = 5;
const GAP_TICKS: u16 = 5;
const TICK_MS: u32 = 20;
/// Levels of the tones. The higher tone is stronger, since lines attenuate it more.
const ROW_DBFS: f32 = -10.0;
const COLUMN_DBFS: f32 = -8.0;

/// Queued digits of a leg, and the digit in progress.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Keys {
    ahead: VecDeque<Ahead>,
    now: Now,
}

/// Queued step, with the id of its order.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
enum Ahead {
    Key(PlayerId, Key),
    /// End of an order.
    Over(PlayerId),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Now {
    /// Voice, for at least `ticks` ticks.
    Voice { ticks: u16 },
    /// Voice, for a requested pause of `ticks` ticks.
    Waiting { player: PlayerId, ticks: u16 },
    /// Packets in place of the voice.
    Told(DigitSender),
    /// Tones in place of the voice.
    Sounding { tones: [Sine; 2], ticks: u16 },
}

impl Default for Now {
    fn default() -> Self {
        Self::Voice { ticks: 0 }
    }
}

impl Keys {
    /// Appends an order of digits. Returns false, and appends none, if they are too many.
    pub(crate) fn push(&mut self, player: PlayerId, keys: Vec<Key>) -> bool {
        let fits = self.ahead.len() + keys.len() < SEND_DIGITS_MAX;
        if fits {
            let keys = keys.into_iter().map(|key| Ahead::Key(player, key));
            self.ahead.extend(keys.chain([Ahead::Over(player)]));
        }
        fits
    }

    /// Removes the remaining digits of an order.
    pub(crate) fn stop(&mut self, player: PlayerId) {
        self.ahead.retain(|ahead| match ahead {
            Ahead::Key(of, _) | Ahead::Over(of) => *of != player,
        });
        if matches!(self.now, Now::Waiting { player: of, .. } if of == player) {
            self.now = Now::default();
        }
    }

    /// Returns the next order whose last digit was sent.
    pub(crate) fn over(&mut self) -> Option<PlayerId> {
        let Some(&Ahead::Over(player)) = self.ahead.front().filter(|_| self.is_quiet()) else {
            return None;
        };
        self.ahead.pop_front();
        Some(player)
    }

    pub(crate) fn is_over(&self) -> bool {
        self.ahead.is_empty() && self.is_quiet()
    }

    /// Returns true if no digit is in progress and the pause after the last digit is over.
    fn is_quiet(&self) -> bool {
        self.now == Now::Voice { ticks: 0 }
    }

    /// Ends a digit in progress, because a new agreement has replaced the old one.
    pub(crate) fn cut(&mut self) {
        if matches!(self.now, Now::Told(_) | Now::Sounding { .. }) {
            self.now = Now::Voice { ticks: GAP_TICKS };
        }
    }

    /// Runs a tick: starts the next digit when due. Returns the packet that replaces the voice.
    pub(crate) fn step(&mut self, media: &LegMedia, timestamp: u32) -> Option<DigitPacket> {
        if self.is_quiet() {
            self.begin(media, timestamp);
        }
        match &mut self.now {
            Now::Voice { ticks } => *ticks = ticks.saturating_sub(1),
            Now::Waiting { ticks, .. } => {
                *ticks = ticks.saturating_sub(1);
                if *ticks == 0 {
                    self.now = Now::default();
                }
            }
            Now::Told(sender) => {
                let packet = sender.next_packet();
                if packet.is_none() {
                    // The voice of this tick is the first of the pause.
                    self.now = Now::Voice {
                        ticks: GAP_TICKS - 1,
                    };
                }
                return packet;
            }
            Now::Sounding { .. } => {}
        }
        None
    }

    fn begin(&mut self, media: &LegMedia, timestamp: u32) {
        let Some(&Ahead::Key(player, key)) = self.ahead.front() else {
            return;
        };
        self.ahead.pop_front();
        match key {
            Key::Wait { ticks } => self.now = Now::Waiting { player, ticks },
            Key::Press(digit) => {
                let told = media.digits_payload_type.and_then(|_| {
                    let ms = u32::from(PRESS_TICKS) * TICK_MS;
                    DigitSender::at(media.digits_clock_rate, digit, timestamp, ms)
                });
                let rate = media.codec.rate();
                let sounding = || {
                    tones(rate, digit).map(|tones| Now::Sounding {
                        tones,
                        ticks: PRESS_TICKS,
                    })
                };
                self.now = told.map(Now::Told).or_else(sounding).unwrap_or_default();
            }
        }
    }

    /// Returns whether the leg needs a frame of its own.
    pub(crate) fn sounds(&self) -> bool {
        matches!(self.now, Now::Sounding { .. })
    }

    /// Replaces the leg's frame by the tones of a digit.
    pub(crate) fn sound(&mut self, frame: &mut [i16]) {
        if let Now::Sounding { tones, ticks } = &mut self.now {
            let [row, column] = tones;
            row.fill(frame);
            column.add(frame);
            *ticks = ticks.saturating_sub(1);
            if *ticks == 0 {
                self.now = Now::Voice { ticks: GAP_TICKS };
            }
        }
    }
}

/// Returns the row and column tones of a digit; `None` for other characters.
pub(crate) fn tones(rate: Rate, digit: Digit) -> Option<[Sine; 2]> {
    const ROWS_HZ: [f32; 4] = [697.0, 770.0, 852.0, 941.0];
    const COLUMNS_HZ: [f32; 4] = [1_209.0, 1_336.0, 1_477.0, 1_633.0];
    let place = "123A456B789C*0#D".find(digit.0.to_ascii_uppercase())?;
    let rate_hz = rate.hz();
    Some([
        Sine::new(rate_hz, *ROWS_HZ.get(place / 4)?, ROW_DBFS),
        Sine::new(rate_hz, COLUMNS_HZ[place % 4], COLUMN_DBFS),
    ])
}
