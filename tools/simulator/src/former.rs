//! Former callers: phones that missed the end of their call and continue to send to its port. Their
//! packets must reach no later call.

use core::time::Duration;

use confab_media::{Opened, PairSource};
use confab_switchboard::Input;
use confab_terms::{Instant, IpAddr, LegId, SocketAddr};

use crate::outcome::Checked;
use crate::ports::{Bound, Here, Ports};
use crate::tally::Kind;
use crate::world::World;

/// First RTP port of former callers, on the host of their phone.
pub(crate) const FORMER_PORT: u16 = 64_000;
const FORMER_MAX: usize = 8;
const STEP_NS: u64 = 20_000_000;

/// Phone that sends to the port of an ended call.
pub(crate) struct Former {
    from: SocketAddr,
    to: u16,
    /// Interval between packets, in steps of 20 ms.
    every: u64,
    until: Instant,
}

impl Former {
    /// Returns whether a packet arrived after `since`, up to `now`.
    fn has_sent(&self, since: Instant, now: Instant) -> bool {
        let packets = |at: Instant| at.min(self.until).0 / (STEP_NS * self.every);
        packets(now) > packets(since)
    }
}

struct Source<'a> {
    ports: &'a mut Ports,
    now: Instant,
}

impl PairSource for Source<'_> {
    type Pair = Bound;

    fn has_received(&mut self, pair: &mut Bound) -> bool {
        let mut formers = self.ports.formers.iter();
        formers.any(|former| former.to == pair.port && former.has_sent(pair.since, self.now))
    }

    fn give_up(&mut self, _leg: LegId, pair: Bound) {
        self.ports.given_up += 1;
        self.ports.release(self.now, pair.port);
    }

    fn bind(&mut self) -> Option<Bound> {
        self.ports.bind(self.now)
    }
}

impl World {
    /// Binds a port pair for a leg, and watches it for packets of former callers.
    pub(crate) fn open_port(&mut self, thread: usize, leg: LegId) {
        let bound = self.ports.bind(self.now);
        let openings = &mut self.threads[thread].openings;
        let watched = bound.map(|pair| openings.watch(self.now, leg, pair).is_ok());
        if watched != Some(true) {
            self.tally.count(Kind::NoPort);
            self.tell(thread, Input::LegOpened { leg, port: None });
        }
    }

    /// Reports the legs whose port pairs stayed quiet.
    pub(crate) fn look_at_openings(&mut self, thread: usize) {
        let mut results = Vec::new();
        let given_up = self.ports.given_up;
        let openings = &mut self.threads[thread].openings;
        let mut source = Source {
            ports: &mut self.ports,
            now: self.now,
        };
        openings.look(self.now, &mut source, |leg, opened| {
            results.push((leg, opened));
        });
        for _ in given_up..self.ports.given_up {
            self.tally.count(Kind::PortGivenUp);
        }
        for (leg, opened) in results {
            let port = match opened {
                Opened::Quiet(pair) => Some(pair.port),
                Opened::Refused => None,
            };
            match port {
                Some(port) => {
                    let here = Here {
                        port,
                        thread: Some(thread),
                        ..Here::default()
                    };
                    self.ports.opened += 1;
                    self.ports.legs.insert(leg, here);
                    self.ports.leg_of_port.insert(port, leg);
                }
                None => self.tally.count(Kind::NoPort),
            }
            self.tell(thread, Input::LegOpened { leg, port });
        }
    }

    /// Releases the port pair of a removed leg; its phone may continue to send.
    pub(crate) fn leg_removed(&mut self, leg: &Here) {
        self.ports.release(self.now, leg.port);
        let phone = leg.phone.and_then(|at| self.phones.get(at));
        let Some(host) = phone.map(|phone| phone.address.ip()) else {
            return;
        };
        if !self.closing && self.ports.dice.chance(300) {
            self.goes_on_sending(host, leg.port);
        }
    }

    fn goes_on_sending(&mut self, host: IpAddr, to: u16) {
        let Ports { formers, dice, .. } = &mut self.ports;
        formers.retain(|former| former.until > self.now);
        if formers.len() >= FORMER_MAX {
            return;
        }
        self.tally.count(Kind::FormerCaller);
        formers.push(Former {
            from: SocketAddr::new(host, FORMER_PORT + dice.below(1_000) as u16),
            to,
            every: dice.between(1, 3),
            until: self.now + Duration::from_millis(dice.between(500, 90_000)),
        });
    }

    /// Checks that no leg has a port to which a former caller sends.
    pub(crate) fn check_formers(&self) -> Checked {
        for former in &self.ports.formers {
            let mut legs = self.ports.legs.iter();
            let leg = legs.find(|(_, here)| here.port == former.to);
            if let Some((leg, _)) = leg.filter(|_| former.until > self.now) {
                let Former { from, to, .. } = former;
                return Err(format!(
                    "leg {leg} has port {to}, to which {from} sends since a former call"
                ));
            }
        }
        Ok(())
    }
}
