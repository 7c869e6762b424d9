//! The ports that media threads have opened, and what is known of the leg behind each.

use std::collections::{BTreeMap, BTreeSet};

use confab_media::LegMedia;
use confab_rtp::{PairState, choose_pair};
use confab_terms::{Instant, LegId, SoundId};

use crate::audio::Counted;
use crate::dice::{Dice, Purpose};
use crate::former::Former;
use crate::network::{port_of, session_of};
use crate::pressed::Pressed;
use crate::secrecy::PhoneSrtp;
use crate::wide::WideEar;

/// RTP port of the first pair.
const FIRST: u16 = 20_000;

pub(crate) struct Ports {
    pub(crate) dice: Dice,
    /// All pairs of the range.
    pairs: Vec<PairState>,
    pub(crate) legs: BTreeMap<LegId, Here>,
    /// The last leg that was given a port.
    pub(crate) leg_of_port: BTreeMap<u16, LegId>,
    /// By the session id of the SDP that names a leg's port: late messages of a former call are
    /// not about the leg that has its port now.
    leg_of_session: BTreeMap<String, LegId>,
    pub(crate) opened: u64,
    /// Pairs that were given up before an SDP named these.
    pub(crate) given_up: u64,
    pub(crate) formers: Vec<Former>,
    pub(crate) intrusions: Vec<(LegId, u64)>,
    pub(crate) pressed: Pressed,
}

/// A bound pair that no SDP has named yet.
pub(crate) struct Bound {
    pub(crate) port: u16,
    pub(crate) since: Instant,
}

/// An open port, and what is known of its leg.
#[derive(Default)]
pub(crate) struct Here {
    pub(crate) port: u16,
    /// The thread that has it; none while it is on its way to another.
    pub(crate) thread: Option<usize>,
    pub(crate) media: Option<LegMedia>,
    /// The phone that speaks on it.
    pub(crate) phone: Option<usize>,
    pub(crate) voice: Option<usize>,
    /// The tick since which nothing has changed in how it is reached.
    pub(crate) settled: u64,
    pub(crate) last_sequence: Option<u16>,
    /// The sounds that were ever fed to its players.
    pub(crate) fed: BTreeSet<SoundId>,
    pub(crate) secrecy: PhoneSrtp,
    pub(crate) counted: Counted,
    /// The phone's ear, if its codec is a wide one.
    pub(crate) wide: WideEar,
    /// Voices that its last frame held louder than any noise, a bit for each.
    pub(crate) loud: u16,
    /// Ticks of its threads, so far.
    pub(crate) ticks: u64,
}

impl Here {
    pub(crate) fn speaks(&self) -> bool {
        self.media
            .is_some_and(|media| media.sends && media.receives)
    }
}

impl Ports {
    pub(crate) fn new(seed: u64) -> Self {
        let mut dice = Dice::new(seed, Purpose::Ports);
        let pairs = match dice.weighted(&[150, 450, 400]) {
            0 => dice.between(4, 6),
            1 => dice.between(8, 24),
            _ => 1_000,
        };
        Self {
            dice,
            pairs: vec![PairState::Unused; pairs as usize],
            legs: BTreeMap::new(),
            leg_of_port: BTreeMap::new(),
            leg_of_session: BTreeMap::new(),
            opened: 0,
            given_up: 0,
            formers: Vec::new(),
            intrusions: Vec::new(),
            pressed: Pressed::default(),
        }
    }

    pub(crate) fn bind(&mut self, now: Instant) -> Option<Bound> {
        let random = self.dice.bits();
        let index = choose_pair(&self.pairs.iter().copied(), now, random)?;
        self.pairs[index] = PairState::InUse;
        Some(Bound {
            port: FIRST + 2 * index as u16,
            since: now,
        })
    }

    pub(crate) fn release(&mut self, now: Instant, port: u16) {
        self.pairs[usize::from(port - FIRST) / 2] = PairState::FreeSince(now);
    }

    /// Returns the number of pairs in use.
    pub(crate) fn in_use(&self) -> usize {
        let pairs = self.pairs.iter();
        pairs.filter(|state| **state == PairState::InUse).count()
    }

    /// Notes the leg whose port an SDP of the switchboard names for the first time.
    pub(crate) fn named(&mut self, message: &str) {
        let leg = port_of(message).and_then(|port| self.leg_of_port.get(&port));
        if let Some((session, leg)) = session_of(message).zip(leg) {
            self.leg_of_session
                .entry(session.to_owned())
                .or_insert(*leg);
        }
    }

    /// Returns the leg whose port an SDP of the switchboard names.
    pub(crate) fn leg_of(&self, message: &str) -> Option<LegId> {
        self.leg_of_session.get(session_of(message)?).copied()
    }

    /// Where a leg is; who has none is looked after by the first thread.
    pub(crate) fn thread_of(&self, leg: LegId) -> Option<usize> {
        self.legs.get(&leg).map_or(Some(0), |here| here.thread)
    }
}
