//! Sampling-rate converters between a leg's codec and the rates of its room: a resampler for each
//! different rate, and the change of listeners between rates.

use confab_codec::Resampler;
use confab_mixer::{Room, limit};
use confab_terms::Rate;
use serde::{Deserialize, Serialize};

/// Number of ticks for which a room runs at its old and new rate after a change. The old rate is
/// heard while the filters fill; in the last tick the new rate replaces it.
pub(crate) const TICKS_AT_BOTH: u8 = 2;

/// Converters from or to each rate of a room; `None` for the codec's own rate and for unused rates.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Ways {
    by_rate: [Option<Resampler>; Rate::ALL.len()],
}

impl Ways {
    /// Creates missing converters between the codec's rate and these rates, and drops unused ones.
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

    /// Converts samples from or to this rate of the room; copies them if the rates are equal.
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

    /// Discards the state of the filters, which belongs to another time or room.
    pub(crate) fn forget(&mut self) {
        for way in self.by_rate.iter_mut().flatten() {
            way.forget();
        }
    }

    /// Copies the state of another listener's converters to the same codec.
    pub(crate) fn go_on_from(&mut self, other: &Self) {
        for (way, other) in self.by_rate.iter_mut().zip(&other.by_rate) {
            if let (Some(way), Some(other)) = (way, other) {
                way.go_on_from(other);
            }
        }
    }

    /// Converts a mix from the room's rates to the codec's rate. `mix` writes the mix at a given
    /// rate.
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

/// Changes a listener from the old samples to the new ones: not yet, or within this frame.
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
