//! The oracle: who sits where and in what state, by the simulator's own record of what was asked
//! and acknowledged, and who hears whom by its own reading of the formula. It never looks at what
//! the rules or the room say of audibility.

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
    /// Not seated yet, but addressed or coaching already.
    pub(crate) expected: BTreeMap<CallSid, Person>,
    /// What each call's latest document says.
    pub(crate) brings: BTreeMap<CallSid, Brings>,
    pub(crate) leg_of: BTreeMap<CallSid, LegId>,
    pub(crate) call_of: BTreeMap<LegId, CallSid>,
    /// What each change that is under way stands for.
    issued: BTreeMap<(RoomId, u64), Picture>,
    /// What holds from the next tick on.
    pub(crate) holds: BTreeMap<RoomId, Picture>,
}

/// A conference.
#[derive(Default)]
pub(crate) struct Room {
    pub(crate) sid: Option<ConferenceSid>,
    pub(crate) name: Option<String>,
    pub(crate) now: Picture,
    /// As it was when the room was last told.
    told: Picture,
    pub(crate) was_seated: bool,
    pub(crate) over: bool,
}

impl Oracle {
    /// A call and its leg belong together.
    pub(crate) fn link(&mut self, call: CallSid, leg: LegId) -> Result<(), String> {
        let known = self.leg_of.insert(call, leg);
        if known.is_some_and(|known| known != leg) {
            return Err(format!("{call} has leg {leg}, and had {known:?}"));
        }
        self.call_of.insert(leg, call);
        Ok(())
    }

    /// The room in which a leg sits by now.
    pub(crate) fn room_of(&self, leg: LegId) -> Option<RoomId> {
        let mut rooms = self.rooms.iter();
        rooms.find_map(|(id, room)| room.now.person(leg).map(|_| *id))
    }

    pub(crate) fn of_sid(&self, sid: ConferenceSid) -> Option<RoomId> {
        let mut rooms = self.rooms.iter();
        rooms.find_map(|(id, room)| (room.sid == Some(sid)).then_some(*id))
    }

    /// Conferences that can be named and are not over.
    pub(crate) fn live(&self) -> Vec<(ConferenceSid, RoomId)> {
        let rooms = self.rooms.iter().filter(|(_, room)| !room.over);
        rooms
            .filter_map(|(id, room)| Some((room.sid?, *id)))
            .collect()
    }

    /// A change has reached the engine.
    pub(crate) fn reached(&mut self, room: RoomId, number: u64) {
        if let Some(picture) = self.issued.remove(&(room, number)) {
            self.holds.insert(room, picture);
        }
    }

    /// After each input: nothing that can be heard has changed without the room being told, and
    /// a conference that has lost its last participant is over.
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
