//! Which voices are worth summing: those that are more than the noise of a line, and of these the
//! loudest, if a room sums only so many. Slow to change its mind, so that nobody flaps.

use serde::{Deserialize, Serialize};

use crate::room::Room;

/// A voice none of whose samples is larger is noise: −60 dBFS, two steps of G.711 near zero.
const NOISE: u16 = 32;
/// Noise for so many ticks in a row is summed no more: 200 ms.
const NOISE_TICKS: u8 = 10;
/// How a loudness that was falls: by a thirty-second each tick, to a half in 440 ms.
const FALLS: u32 = 32;
/// A voice that is summed has to be outdone by 6 dB.
const AHEAD: u32 = 2;

/// What is known of one voice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Voicing {
    noise_ticks: u8,
    /// The peak, falling slowly; in 256ths, lest it stick.
    loudness: u32,
    chosen: bool,
}

impl Default for Voicing {
    fn default() -> Self {
        Self {
            noise_ticks: 0,
            loudness: 0,
            chosen: true,
        }
    }
}

impl Voicing {
    pub(crate) fn is_worth_summing(&mut self, voice: &[i16]) -> bool {
        let peak = voice.iter().map(|sample| sample.unsigned_abs()).max();
        let peak = peak.unwrap_or(0);
        let falling = self.loudness - self.loudness / FALLS;
        self.loudness = falling.max(u32::from(peak) << 8);
        self.noise_ticks = if peak > NOISE {
            0
        } else {
            self.noise_ticks.saturating_add(1)
        };
        self.noise_ticks < NOISE_TICKS
    }

    pub(crate) fn is_chosen(self) -> bool {
        self.chosen
    }
}

impl Room {
    /// Chooses the voices that are summed this tick, if there are more than may be.
    pub(crate) fn choose_loudest(&mut self) {
        let most = self.voices_max;
        let ranks = &mut self.summed.ranks;
        ranks.clear();
        if most == 0 {
            return;
        }
        for (index, seated) in (0_u32..).zip(&mut self.seats) {
            let Some(seated) = seated else { continue };
            if seated.public && seated.spoke {
                let ahead = if seated.voicing.chosen { AHEAD } else { 1 };
                ranks.push((seated.voicing.loudness.saturating_mul(ahead), index));
            } else {
                // Who begins to speak is heard at once wherever there is room.
                seated.voicing.chosen = false;
            }
        }
        if ranks.len() > most {
            ranks.select_nth_unstable_by(most - 1, |a, b| b.cmp(a));
        }
        for (place, &(_, index)) in ranks.iter().enumerate() {
            if let Some(Some(seated)) = self.seats.get_mut(index as usize) {
                seated.voicing.chosen = place < most;
            }
        }
    }
}
