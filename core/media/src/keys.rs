//! Digits on their way to a phone: packets of their own (RFC 4733) or, where none were agreed on,
//! tones in what it alone hears (ITU-T Q.23).

use std::collections::VecDeque;

use confab_codec::tone::Sine;
use confab_rtp::{DigitPacket, DigitSender};
use confab_terms::limits::SEND_DIGITS_MAX;
use confab_terms::{Digit, PlayerId, Rate};
use serde::{Deserialize, Serialize};

use crate::{Key, LegMedia};

/// A press, and the least pause after it. Q.24 asks receivers for 40 ms of either.
const PRESS_TICKS: u16 = 5;
const GAP_TICKS: u16 = 5;
const TICK_MS: u32 = 20;
/// The higher tone is the stronger one: lines take more of it.
const ROW_DBFS: f32 = -10.0;
const COLUMN_DBFS: f32 = -8.0;

/// The keys of one leg that are not sent yet, and what is sent now.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Keys {
    ahead: VecDeque<Ahead>,
    now: Now,
}

/// What is to come, and who ordered it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
enum Ahead {
    Key(PlayerId, Key),
    /// There are no more of these.
    Over(PlayerId),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Now {
    /// The voice, for so many ticks at least.
    Voice { ticks: u16 },
    /// The voice, for so many ticks that these asked for.
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
    /// Sends these after those that wait. False, and nothing is sent, if they are too many.
    pub(crate) fn push(&mut self, player: PlayerId, keys: Vec<Key>) -> bool {
        let fits = self.ahead.len() + keys.len() < SEND_DIGITS_MAX;
        if fits {
            let keys = keys.into_iter().map(|key| Ahead::Key(player, key));
            self.ahead.extend(keys.chain([Ahead::Over(player)]));
        }
        fits
    }

    /// Sends no more of these.
    pub(crate) fn stop(&mut self, player: PlayerId) {
        self.ahead.retain(|ahead| match ahead {
            Ahead::Key(of, _) | Ahead::Over(of) => *of != player,
        });
        if matches!(self.now, Now::Waiting { player: of, .. } if of == player) {
            self.now = Now::default();
        }
    }

    /// Whose last key is out by now, one at a time.
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

    /// No key is out, and the pause after it is over.
    fn is_quiet(&self) -> bool {
        self.now == Now::Voice { ticks: 0 }
    }

    /// The agreement is another: what was half sent by the old one ends here.
    pub(crate) fn cut(&mut self) {
        if matches!(self.now, Now::Told(_) | Now::Sounding { .. }) {
            self.now = Now::Voice { ticks: GAP_TICKS };
        }
    }

    /// One tick: begins the next key if it is its turn. The packet that takes the voice's place.
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
                    // This tick's voice is the first of the pause.
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

    /// Whether the leg has to be sent a frame that nobody else is.
    pub(crate) fn sounds(&self) -> bool {
        matches!(self.now, Now::Sounding { .. })
    }

    /// Puts a key's tones in the place of what the leg would hear.
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

/// Row and column of a key; `None` if there is no such key.
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
