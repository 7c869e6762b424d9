//! Choice of the voices to sum: voices above the line noise, and the loudest of these if the room
//! limits their number. Hysteresis prevents frequent changes of the choice.

use serde::{Deserialize, Serialize};

use crate::room::Room;

/// Maximum peak of a voice that counts as noise: −60 dBFS, two steps of G.711 near zero.
const NOISE: u16 = 32;
/// Number of consecutive ticks of noise after which a voice is excluded from the sum: 200 ms.
const NOISE_TICKS: u8 = 10;
/// Decay of the loudness: by 1/32 per tick, to a half in 440 ms.
const FALLS: u32 = 32;
/// Factor by which another voice must exceed a summed voice to replace it: 6 dB.
const AHEAD: u32 = 2;

/// Level state of one voice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Voicing {
    noise_ticks: u8,
    /// Decaying peak, in 1/256 so that the decay does not stall by rounding.
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
    /// Chooses the voices to sum in this tick, if there are more than the limit.
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
                // A silent voice loses its hysteresis; it is summed again at once if the sum has
                // room.
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
