//! Sampling rate of a room: the highest rate that any of its legs requires. Converters for a change
//! are created with the command, so that no tick allocates.

use confab_terms::{LegId, Rate};
use serde::{Deserialize, Serialize};

use crate::engine::{Engine, RoomAudio};
use crate::slab::Slot;
use crate::ways::TICKS_AT_BOTH;

/// Number of a room's legs that require each rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Wanted {
    least: Rate,
    by_rate: [u32; Rate::ALL.len()],
}

impl Wanted {
    pub(crate) fn new(least: Rate) -> Self {
        Self {
            least,
            by_rate: [0; Rate::ALL.len()],
        }
    }

    fn highest(&self) -> Rate {
        let counted = Rate::ALL.into_iter().zip(self.by_rate);
        let wanted = counted.filter(|&(_, count)| count > 0);
        let highest = wanted.map(|(rate, _)| rate).max();
        highest.map_or(self.least, |rate| rate.max(self.least))
    }
}

impl Engine {
    /// Updates the room after a leg was seated, or its codec has changed.
    pub(crate) fn fit_leg(&mut self, id: LegId) {
        let Some(leg) = self.legs.get_mut(id.0) else {
            return;
        };
        let Some(place) = &mut leg.place else {
            return;
        };
        let slot = place.room;
        let rate = leg.coding.codec().rate();
        if let Some(audio) = self.rooms.at_mut(slot) {
            let by_rate = &mut audio.wanted.by_rate;
            if let Some(old) = place.wants.replace(rate) {
                by_rate[old as usize] = by_rate[old as usize].saturating_sub(1);
            }
            by_rate[rate as usize] += 1;
        }
        if !self.fit_room(slot) {
            self.fit_seated(slot, id);
        }
    }

    /// Removes the required rate of a leg that has left.
    pub(crate) fn unfit(&mut self, slot: Slot, rate: Option<Rate>) {
        if let Some(audio) = self.rooms.at_mut(slot)
            && let Some(rate) = rate
        {
            let by_rate = &mut audio.wanted.by_rate;
            by_rate[rate as usize] = by_rate[rate as usize].saturating_sub(1);
            self.fit_room(slot);
        }
    }

    /// Changes the rate of a room if required; returns whether the rate has changed.
    fn fit_room(&mut self, slot: Slot) -> bool {
        let Some(audio) = self.rooms.at_mut(slot) else {
            return false;
        };
        let rate = audio.wanted.highest();
        if rate == audio.room.rate() || audio.room.is_empty() {
            return false;
        }
        audio.room.set_rate(rate, TICKS_AT_BOTH);
        if let Some(tape) = &mut audio.tape {
            tape.fit(&audio.room);
        }
        let seated: Vec<LegId> = audio.room.legs().map(|(leg, _)| leg).collect();
        for leg in seated {
            self.fit_seated(slot, leg);
        }
        true
    }

    fn fit_seated(&mut self, slot: Slot, id: LegId) {
        if let Some(leg) = self.legs.get_mut(id.0)
            && let Some(RoomAudio { room, shared, .. }) = self.rooms.at_mut(slot)
        {
            leg.mouth.fit(room.rates());
            leg.coding.fit(room.rates());
            let spares = &mut self.scratch.spares;
            shared.fit(leg.coding.encoder(), room, spares);
        }
    }
}
