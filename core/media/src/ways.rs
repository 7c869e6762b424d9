//! The ways of a voice between its codec's rate and those that its room runs at: a resampler for
//! each that is not the same, and how listeners are led from one to another.

use confab_codec::Resampler;
use confab_mixer::{Room, limit};
use confab_terms::Rate;
use serde::{Deserialize, Serialize};

/// Ticks that a room runs at its old rate too when it changes: while filters fill the old one is
/// heard, on the last one the new one takes over.
pub(crate) const TICKS_AT_BOTH: u8 = 2;

/// From, or to, each rate of a room; `None` where it is the codec's own, or none that is used.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Ways {
    by_rate: [Option<Resampler>; Rate::ALL.len()],
}

impl Ways {
    /// Makes those that are missing between a codec's rate and these, and lets go of those that no
    /// room needs.
    pub(crate) fn fit(
        &mut self,
        codec: Rate,
        rates: impl Iterator<Item = Rate>,
        made: impl Fn(Rate) -> Resampler,
    ) {
        let mut needed = [false; Rate::ALL.len()];
        for rate in rates.filter(|&rate| rate != codec) {
            needed[rate as usize] = true;
        }
        for ((way, needed), rate) in self.by_rate.iter_mut().zip(needed).zip(Rate::ALL) {
            if !needed {
                *way = None;
            } else if way.is_none() {
                *way = Some(made(rate));
            }
        }
    }

    /// From this rate of the room, or to it. Copies where they are the same.
    pub(crate) fn run(&mut self, rate: Rate, samples: &[i16], out: &mut [i16]) {
        match &mut self.by_rate[rate as usize] {
            Some(way) => {
                let n = way.run(samples, out);
                out[n..].fill(0);
            }
            None => {
                let n = samples.len().min(out.len());
                out[..n].copy_from_slice(&samples[..n]);
                out[n..].fill(0);
            }
        }
    }

    /// What they still hold is of another time or another room: nobody is to hear it.
    pub(crate) fn forget(&mut self) {
        for way in self.by_rate.iter_mut().flatten() {
            way.forget();
        }
    }

    /// Goes on where another listener's way to the same codec is.
    pub(crate) fn go_on_from(&mut self, other: &Self) {
        for (way, other) in self.by_rate.iter_mut().zip(&other.by_rate) {
            if let (Some(way), Some(other)) = (way, other) {
                way.go_on_from(other);
            }
        }
    }

    /// Brings a mix from the room's rates to the codec's. `mix` writes it at one of them.
    pub(crate) fn bring(
        &mut self,
        room: &Room,
        mix: impl Fn(Rate, &mut [i32]),
        (mixed, limited): (&mut [i32], &mut [i16]),
        out: &mut [i16],
    ) {
        let mut at = |ways: &mut Self, rate: Rate, out: &mut [i16]| {
            let n = rate.frame_samples();
            mix(rate, &mut mixed[..n]);
            limit(&mixed[..n], &mut limited[..n]);
            ways.run(rate, &limited[..n], out);
        };
        at(self, room.rate(), out);
        if let Some((rate, left)) = room.rate_before() {
            let mut before = [0; Rate::Hz48000.frame_samples()];
            let before = &mut before[..out.len()];
            at(self, rate, before);
            lead_over(before, out, left);
        }
    }
}

/// From what a listener heard so far to what it is to hear: not yet, or within this frame.
fn lead_over(before: &[i16], out: &mut [i16], left: u8) {
    if left > 1 {
        out.copy_from_slice(before);
        return;
    }
    let length = out.len() as i32;
    for ((at, out), &before) in (0..length).zip(out).zip(before) {
        let (new, old) = (i32::from(*out), i32::from(before));
        *out = (old + (new - old) * at / length) as i16;
    }
}

#[cfg(test)]
mod tests {
    use super::lead_over;

    #[test]
    fn one_tick_keeps_what_was_and_the_last_leads_to_what_comes() {
        let mut out = [1_000; 160];
        lead_over(&[-1_000; 160], &mut out, 2);
        assert_eq!(out, [-1_000; 160]);
        let mut out = [1_000; 160];
        lead_over(&[-1_000; 160], &mut out, 1);
        assert_eq!(out[0], -1_000);
        assert!(
            out.windows(2)
                .all(|pair| (0..=13).contains(&(pair[1] - pair[0])))
        );
        assert!(out[159] > 980);
    }
}
