//! Ports opened by media threads, and the known state of the leg behind each.

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
    /// State of all pairs in the range.
    pairs: Vec<PairState>,
    pub(crate) legs: BTreeMap<LegId, Here>,
    /// Last leg of each port.
    pub(crate) leg_of_port: BTreeMap<u16, LegId>,
    /// Legs by the session id of their SDP. Late messages of a former call do not concern the leg
    /// that has the port now.
    leg_of_session: BTreeMap<String, LegId>,
    pub(crate) opened: u64,
    /// Number of pairs released before any SDP named them.
    pub(crate) given_up: u64,
    pub(crate) formers: Vec<Former>,
    pub(crate) intrusions: Vec<(LegId, u64)>,
    pub(crate) pressed: Pressed,
}

/// Bound pair that no SDP has named yet.
pub(crate) struct Bound {
    pub(crate) port: u16,
    pub(crate) since: Instant,
}

/// Open port, and the known state of its leg.
#[derive(Default)]
pub(crate) struct Here {
    pub(crate) port: u16,
    /// Thread of the leg; `None` while the leg moves to another thread.
    pub(crate) thread: Option<usize>,
    pub(crate) media: Option<LegMedia>,
    /// Phone that sends to the port.
    pub(crate) phone: Option<usize>,
    pub(crate) voice: Option<usize>,
    /// Tick of the last change of the leg's media or thread.
    pub(crate) settled: u64,
    pub(crate) last_sequence: Option<u16>,
    /// Sounds that were ever fed to the players of the leg.
    pub(crate) fed: BTreeSet<SoundId>,
    pub(crate) secrecy: PhoneSrtp,
    pub(crate) counted: Counted,
    /// G.722 decoder of the phone.
    pub(crate) wide: WideEar,
    /// Voices louder than noise in the last frame, one bit each.
    pub(crate) loud: u16,
    /// Ticks of the leg's threads so far.
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

    /// Records the leg of a session id, at the first SDP of the switchboard with that id.
    pub(crate) fn named(&mut self, message: &str) {
        let leg = port_of(message).and_then(|port| self.leg_of_port.get(&port));
        if let Some((session, leg)) = session_of(message).zip(leg) {
            self.leg_of_session
                .entry(session.to_owned())
                .or_insert(*leg);
        }
    }

    /// Returns the leg of the port in an SDP of the switchboard.
    pub(crate) fn leg_of(&self, message: &str) -> Option<LegId> {
        self.leg_of_session.get(session_of(message)?).copied()
    }

    /// Returns the thread of a leg; the first thread for an unknown leg.
    pub(crate) fn thread_of(&self, leg: LegId) -> Option<usize> {
        self.legs.get(&leg).map_or(Some(0), |here| here.thread)
    }
}
