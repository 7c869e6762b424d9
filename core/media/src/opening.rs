//! Ports of new legs between their binding and the SDP that names them. A packet that arrives in
//! that time belongs to an earlier call: its sender would be heard in the new call.

use std::collections::VecDeque;

use confab_terms::limits::{OPENINGS_MAX, PORT_WATCH, PORTS_GIVEN_UP_MAX};
use confab_terms::{Instant, LegId};

/// Legs whose ports are watched. `P` is a pair of bound ports.
#[derive(Debug)]
pub struct Openings<P> {
    waiting: VecDeque<Opening<P>>,
}

#[derive(Debug)]
struct Opening<P> {
    leg: LegId,
    pair: P,
    bound: Instant,
    given_up: u32,
}

/// Source of bound pairs of ports.
pub trait PairSource {
    /// A pair of bound ports.
    type Pair;
    /// Drains both ports; returns whether a packet had arrived.
    fn has_received(&mut self, pair: &mut Self::Pair) -> bool;
    /// Releases a pair on which a packet arrived.
    fn give_up(&mut self, leg: LegId, pair: Self::Pair);
    /// Binds a pair; `None` if none is free.
    fn bind(&mut self) -> Option<Self::Pair>;
}

/// Result for a leg.
#[derive(Debug, PartialEq, Eq)]
pub enum Opened<P> {
    /// Quiet ports: no packet arrived, and the SDP may name them.
    Quiet(P),
    /// No ports: packets arrived on [`PORTS_GIVEN_UP_MAX`] pairs, or no other pair was free.
    Refused,
}

impl<P> Default for Openings<P> {
    fn default() -> Self {
        Self {
            waiting: VecDeque::new(),
        }
    }
}

impl<P> Openings<P> {
    /// Starts to watch the ports of a leg; returns the ports if too many are watched.
    pub fn watch(&mut self, now: Instant, leg: LegId, pair: P) -> Result<(), P> {
        if self.waiting.len() >= OPENINGS_MAX {
            return Err(pair);
        }
        self.waiting.push_back(Opening {
            leg,
            pair,
            bound: now,
            given_up: 0,
        });
        Ok(())
    }

    /// Returns the number of watched legs.
    #[must_use]
    pub fn len(&self) -> usize {
        self.waiting.len()
    }

    /// Returns whether no leg is watched.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Returns the watched ports.
    pub fn pairs(&self) -> impl Iterator<Item = &P> {
        self.waiting.iter().map(|opening| &opening.pair)
    }

    /// Ends the watch of a leg; returns its ports.
    pub fn cancel(&mut self, leg: LegId) -> Option<P> {
        let at = self.waiting.iter().position(|known| known.leg == leg)?;
        self.waiting.remove(at).map(|opening| opening.pair)
    }

    /// Checks all ports once; `opened` receives the results.
    pub fn look(
        &mut self,
        now: Instant,
        ports: &mut impl PairSource<Pair = P>,
        mut opened: impl FnMut(LegId, Opened<P>),
    ) {
        for _ in 0..self.waiting.len() {
            let Some(mut opening) = self.waiting.pop_front() else {
                return;
            };
            let leg = opening.leg;
            if ports.has_received(&mut opening.pair) {
                let given_up = opening.given_up + 1;
                ports.give_up(leg, opening.pair);
                let more = given_up < PORTS_GIVEN_UP_MAX;
                match more.then(|| ports.bind()).flatten() {
                    Some(pair) => self.waiting.push_back(Opening {
                        leg,
                        pair,
                        bound: now,
                        given_up,
                    }),
                    None => opened(leg, Opened::Refused),
                }
            } else if now.saturating_since(opening.bound) >= PORT_WATCH {
                opened(leg, Opened::Quiet(opening.pair));
            } else {
                self.waiting.push_back(opening);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use core::time::Duration;

    use super::*;

    const TICK: Duration = Duration::from_millis(20);

    /// Ports of which some receive a packet on each tick, or every few ticks.
    struct Source<'a> {
        busy: &'a [u16],
        receives: bool,
        released: Vec<u16>,
    }

    impl PairSource for Source<'_> {
        type Pair = u16;

        fn has_received(&mut self, pair: &mut u16) -> bool {
            self.receives && self.busy.contains(pair)
        }

        fn give_up(&mut self, _leg: LegId, pair: u16) {
            self.released.push(pair);
        }

        fn bind(&mut self) -> Option<u16> {
            let last = self.released.last()?;
            (*last < 900).then_some(last + 2)
        }
    }

    /// Returns the number of ticks, the result, and the ports that were given up.
    fn opens(first: u16, busy: &[u16], every: u32) -> (u32, Opened<u16>, Vec<u16>) {
        let mut source = Source {
            busy,
            receives: false,
            released: Vec::new(),
        };
        let mut openings = Openings::default();
        let mut now = Instant(1_000_000_000);
        openings.watch(now, LegId(1), first).unwrap();
        let mut result = None;
        for tick in 1..1_000 {
            now += TICK;
            source.receives = tick % every == 0;
            openings.look(now, &mut source, |leg, opened| result = Some((leg, opened)));
            if let Some((leg, opened)) = result.take() {
                assert_eq!((leg, openings.len()), (LegId(1), 0));
                return (tick, opened, source.released);
            }
        }
        unreachable!("no result in 20 s");
    }

    #[test]
    fn quiet_ports_are_named_after_the_watch() {
        let (ticks, opened, released) = opens(10, &[], 1);
        assert_eq!(opened, Opened::Quiet(10));
        assert_eq!(ticks, 4);
        assert!(released.is_empty());
    }

    #[test]
    fn ports_that_receive_are_exchanged() {
        // A phone that sends every 60 ms is detected as well.
        for every in [1, 3] {
            let (_, opened, released) = opens(10, &[10, 12, 16], every);
            assert_eq!((opened, released), (Opened::Quiet(14), vec![10, 12]));
        }
    }

    #[test]
    fn leg_is_refused_after_so_many_exchanges_or_without_a_free_pair() {
        let all: Vec<u16> = (10..2_000).collect();
        let (_, opened, released) = opens(10, &all, 1);
        assert_eq!(opened, Opened::Refused);
        assert_eq!(released.len(), PORTS_GIVEN_UP_MAX as usize);
        let (_, opened, released) = opens(900, &all, 1);
        assert_eq!((opened, released), (Opened::Refused, vec![900]));
    }

    #[test]
    fn cancelled_leg_gives_its_ports_back_and_too_many_are_refused() {
        let mut openings = Openings::default();
        for n in 0..OPENINGS_MAX {
            openings
                .watch(Instant::default(), LegId(n as u64), n)
                .unwrap();
        }
        assert_eq!(
            openings.watch(Instant::default(), LegId(9_999), 9_999),
            Err(9_999)
        );
        assert_eq!(openings.cancel(LegId(7)), Some(7));
        assert_eq!(openings.cancel(LegId(7)), None);
        assert_eq!(openings.pairs().count(), OPENINGS_MAX - 1);
        assert!(!openings.is_empty());
    }
}
