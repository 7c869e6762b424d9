//! Media ports of new legs: bound at random, watched, and reported once no packets arrive.

use confab_media::{Opened, PairSource};
use confab_sockets::{Pair, Ports};
use confab_terms::{Instant, LegId};

use super::Running;
use crate::gauges::Gauges;
use crate::queues::Told;

/// Source of ports of a media thread.
struct Source<'a> {
    ports: &'a mut Ports,
    packet: &'a mut [u8],
    gauges: &'a Gauges,
}

impl PairSource for Source<'_> {
    type Pair = Pair;

    fn has_received(&mut self, pair: &mut Pair) -> bool {
        pair.drain(self.packet)
    }

    fn give_up(&mut self, leg: LegId, pair: Pair) {
        tracing::debug!(%leg, port = pair.port, "a packet arrived on a new media port");
        self.gauges.ports_given_up.add(1);
    }

    fn bind(&mut self) -> Option<Pair> {
        self.ports.bind().inspect_err(not_bound).ok()
    }
}

fn not_bound(error: &std::io::Error) {
    tracing::warn!(%error, "no media port is free");
}

impl Running {
    /// Binds ports for a leg; `look_at_openings` reports them.
    pub(super) fn open(&mut self, now: Instant, leg: LegId) {
        let watched = match self.setup.ports.bind().inspect_err(not_bound) {
            Ok(pair) => self.openings.watch(now, leg, pair).is_ok(),
            Err(_) => false,
        };
        if !watched {
            self.refuse(leg);
        }
    }

    /// Reports the legs whose ports are quiet, and the legs without ports.
    pub(super) fn look_at_openings(&mut self, now: Instant) {
        if self.openings.is_empty() {
            return;
        }
        let mut refused = Vec::new();
        let mut source = Source {
            ports: &mut self.setup.ports,
            packet: &mut self.packet[..],
            gauges: &self.setup.gauges,
        };
        let (legs, untold) = (&mut self.legs, &mut self.untold);
        self.openings
            .look(now, &mut source, |leg, opened| match opened {
                Opened::Quiet(pair) => {
                    untold.push_back(Told::LegOpened(leg, Some(pair.port)));
                    legs.open(leg, pair);
                }
                Opened::Refused => refused.push(leg),
            });
        for leg in refused {
            self.refuse(leg);
        }
    }

    fn refuse(&mut self, leg: LegId) {
        tracing::warn!(%leg, "call rejected: it gets no media port");
        self.untold.push_back(Told::LegOpened(leg, None));
    }
}
