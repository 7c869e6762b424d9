//! Choice of the media ports of a new leg: at random, avoiding recently used ports.

use core::time::Duration;

use confab_terms::Instant;
use confab_terms::limits::RTP_PORT_REST;

/// Occupancy of one pair of ports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PairState {
    /// Bound for a leg.
    InUse,
    /// Never bound.
    Unused,
    /// Free since this time.
    FreeSince(Instant),
}

impl PairState {
    /// Returns the time since the last use; `None` if the pair is in use.
    fn rest(self, now: Instant) -> Option<Duration> {
        match self {
            Self::InUse => None,
            Self::Unused => Some(Duration::MAX),
            Self::FreeSince(since) => Some(now.saturating_since(since)),
        }
    }
}

/// Returns the index of the pair to bind next; `None` if all are in use. While a quarter of the
/// pairs is unused or has rested for [`RTP_PORT_REST`], one of these at random; else the pair that
/// has rested longest.
pub fn choose_pair<I>(pairs: &I, now: Instant, random: u64) -> Option<usize>
where
    I: Iterator<Item = PairState> + Clone,
{
    let rests = || pairs.clone().map(|state| state.rest(now)).enumerate();
    let (mut total, mut rested, mut longest) = (0_usize, 0_usize, Duration::ZERO);
    for (_, rest) in rests() {
        total += 1;
        rested += usize::from(rest.is_some_and(|rest| rest >= RTP_PORT_REST));
        longest = longest.max(rest.unwrap_or_default());
    }
    let least = match rested > 0 && rested * 4 >= total {
        true => RTP_PORT_REST,
        false => longest,
    };
    let eligible = || rests().filter(|(_, rest)| rest.is_some_and(|rest| rest >= least));
    // The product gives 0..count with equal probability.
    let nth = (u128::from(random) * eligible().count() as u128) >> 64;
    eligible().nth(nth as usize).map(|(index, _)| index)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    const NOW: Instant = Instant(1_000_000_000_000);

    fn rested(seconds: u64) -> PairState {
        PairState::FreeSince(NOW - Duration::from_secs(seconds))
    }

    /// Returns the indices chosen over many random numbers.
    fn chosen(pairs: &[PairState]) -> Vec<usize> {
        let numbers = (0..1_000_u64).map(|n| n.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let indices = numbers.filter_map(|random| choose_pair(&pairs.iter().copied(), NOW, random));
        indices.collect::<BTreeSet<_>>().into_iter().collect()
    }

    #[test]
    fn any_rested_pair_is_chosen_while_a_quarter_is_rested() {
        let mut pairs = [PairState::InUse; 12];
        pairs[2] = PairState::Unused;
        pairs[7] = rested(60);
        pairs[9] = rested(61);
        pairs[10] = rested(59);
        assert_eq!(chosen(&pairs), [2, 7, 9]);
    }

    #[test]
    fn longest_rested_pair_is_chosen_below_a_quarter() {
        let mut pairs = [PairState::InUse; 12];
        pairs[1] = rested(62);
        pairs[7] = rested(61);
        pairs[9] = rested(3);
        assert_eq!(chosen(&pairs), [1]);
        pairs[1] = PairState::InUse;
        pairs[7] = rested(2);
        assert_eq!(chosen(&pairs), [9]);
        // Any of several unused pairs is chosen.
        pairs[4] = PairState::Unused;
        pairs[5] = PairState::Unused;
        assert_eq!(chosen(&pairs), [4, 5]);
    }

    #[test]
    fn choice_is_spread_over_the_whole_range() {
        assert_eq!(chosen(&[PairState::Unused; 50]).len(), 50);
        let first = choose_pair(&[PairState::Unused; 50].into_iter(), NOW, 0);
        let last = choose_pair(&[PairState::Unused; 50].into_iter(), NOW, u64::MAX);
        assert_eq!((first, last), (Some(0), Some(49)));
    }

    #[test]
    fn single_pair_is_chosen_again_and_none_if_all_are_in_use() {
        for state in [PairState::Unused, rested(0), rested(90)] {
            assert_eq!(chosen(&[state]), [0]);
        }
        assert_eq!(chosen(&[PairState::InUse; 3]), []);
        assert_eq!(chosen(&[]), []);
    }
}
