//! The ports that media threads have opened, and what is known of the leg behind each.

use std::collections::{BTreeMap, BTreeSet};

use confab_media::LegMedia;
use confab_terms::{LegId, SoundId};

use crate::dice::Dice;
use crate::pressed::Pressed;

pub(crate) struct Ports {
    pub(crate) max: usize,
    pub(crate) next: u16,
    pub(crate) legs: BTreeMap<LegId, Here>,
    pub(crate) leg_of_port: BTreeMap<u16, LegId>,
    pub(crate) opened: u64,
    pub(crate) intrusions: Vec<(LegId, u64)>,
    pub(crate) pressed: Pressed,
}

/// An open port, and what is known of its leg.
#[derive(Default)]
pub(crate) struct Here {
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
}

impl Here {
    pub(crate) fn speaks(&self) -> bool {
        self.media
            .is_some_and(|media| media.sends && media.receives)
    }
}

impl Ports {
    pub(crate) fn new(dice: &mut Dice) -> Self {
        Self {
            max: if dice.chance(150) {
                dice.between(4, 6) as usize
            } else {
                1_000
            },
            next: 20_000,
            legs: BTreeMap::new(),
            leg_of_port: BTreeMap::new(),
            opened: 0,
            intrusions: Vec::new(),
            pressed: Pressed::default(),
        }
    }

    /// Where a leg is; who has none is looked after by the first thread.
    pub(crate) fn thread_of(&self, leg: LegId) -> Option<usize> {
        self.legs.get(&leg).map_or(Some(0), |here| here.thread)
    }
}
