//! Oracle: seats and states by a model of requests and responses, and audibility by the formula of
//! the specification. The audibility computed by the rules or the rooms is never read.

mod picture;
mod seating;
mod update;

use std::collections::BTreeMap;

use confab_terms::{CallSid, ConferenceSid, LegId, RoomId};

use crate::application::Brings;

pub(crate) use picture::{Person, Picture};
pub(crate) use update::Verdict;

#[derive(Default)]
pub(crate) struct Oracle {
    pub(crate) rooms: BTreeMap<RoomId, Room>,
    /// Calls that are addressed or coach before they have a seat.
    pub(crate) expected: BTreeMap<CallSid, Person>,
    /// Conference attributes of each call's latest document.
    pub(crate) brings: BTreeMap<CallSid, Brings>,
    pub(crate) leg_of: BTreeMap<CallSid, LegId>,
    pub(crate) call_of: BTreeMap<LegId, CallSid>,
    /// Expected state of a room for each change in flight.
    issued: BTreeMap<(RoomId, u64), Picture>,
    /// State that takes effect on the next tick.
    pub(crate) holds: BTreeMap<RoomId, Picture>,
}

/// Conference in the model.
#[derive(Default)]
pub(crate) struct Room {
    pub(crate) sid: Option<ConferenceSid>,
    pub(crate) name: Option<String>,
    pub(crate) now: Picture,
    /// State at the last change sent to the room.
    told: Picture,
    pub(crate) was_seated: bool,
    pub(crate) over: bool,
}

impl Oracle {
    /// Links a call and its leg.
    pub(crate) fn link(&mut self, call: CallSid, leg: LegId) -> Result<(), String> {
        let known = self.leg_of.insert(call, leg);
        if known.is_some_and(|known| known != leg) {
            return Err(format!("{call} has leg {leg}, and had {known:?}"));
        }
        self.call_of.insert(leg, call);
        Ok(())
    }

    /// Returns the room in which a leg is seated.
    pub(crate) fn room_of(&self, leg: LegId) -> Option<RoomId> {
        let mut rooms = self.rooms.iter();
        rooms.find_map(|(id, room)| room.now.person(leg).map(|_| *id))
    }

    pub(crate) fn of_sid(&self, sid: ConferenceSid) -> Option<RoomId> {
        let mut rooms = self.rooms.iter();
        rooms.find_map(|(id, room)| (room.sid == Some(sid)).then_some(*id))
    }

    /// Returns the conferences that have a SID and have not ended.
    pub(crate) fn live(&self) -> Vec<(ConferenceSid, RoomId)> {
        let rooms = self.rooms.iter().filter(|(_, room)| !room.over);
        rooms
            .filter_map(|(id, room)| Some((room.sid?, *id)))
            .collect()
    }

    /// Applies the state of a change that has reached the engine.
    pub(crate) fn reached(&mut self, room: RoomId, number: u64) {
        if let Some(picture) = self.issued.remove(&(room, number)) {
            self.holds.insert(room, picture);
        }
    }

    /// Checks after each input that each audible change was sent to the room, and that an empty
    /// conference has ended.
    pub(crate) fn settled(&self) -> Result<(), String> {
        for (id, room) in &self.rooms {
            if !room.now.sounds_like(&room.told) {
                return Err(format!(
                    "room {id} was not told of a change: {:?} but told {:?}",
                    room.now, room.told
                ));
            }
            if room.was_seated && !room.over && room.now.seated.is_empty() {
                return Err(format!("room {id} is empty and not over"));
            }
        }
        Ok(())
    }
}
