//! All live conferences, indexed by sid, room and friendly name.

use std::collections::{BTreeMap, BTreeSet};

use confab_terms::{ConferenceSid, RoomId};
use serde::{Deserialize, Serialize};

use super::Room;
use crate::ConferenceRow;

/// Live conferences, and ended conferences whose room's last report is pending.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Rooms {
    by_sid: BTreeMap<ConferenceSid, Room>,
    by_room: BTreeMap<RoomId, ConferenceSid>,
    /// Live conferences only: a name is free as soon as its conference has ended.
    by_name: BTreeMap<String, ConferenceSid>,
    /// Conferences whose row may differ from the stored one.
    changed: BTreeSet<ConferenceSid>,
}

impl Rooms {
    pub(crate) fn insert(&mut self, room: Room) {
        let sid = room.sid();
        self.by_room.insert(room.room, sid);
        self.by_name
            .insert(room.conference.friendly_name().to_owned(), sid);
        self.by_sid.insert(sid, room);
    }

    /// Frees the name of an ended conference.
    pub(crate) fn free_name(&mut self, sid: ConferenceSid) {
        let Some(room) = self.by_sid.get(&sid) else {
            return;
        };
        let name = room.conference.friendly_name();
        if self.by_name.get(name) == Some(&sid) {
            self.by_name.remove(name);
        }
    }

    pub(crate) fn remove(&mut self, sid: ConferenceSid) -> Option<Room> {
        self.free_name(sid);
        let room = self.by_sid.remove(&sid)?;
        self.by_room.remove(&room.room);
        self.changed.remove(&sid);
        Some(room)
    }

    /// Removes and returns one conference whose row may differ from the stored one.
    pub(crate) fn take_changed(&mut self) -> Option<ConferenceSid> {
        self.changed.pop_first()
    }

    /// Replaces the stored row of a conference; returns false if the row is the same.
    pub(crate) fn store_row(&mut self, row: &ConferenceRow) -> bool {
        let Some(room) = self.by_sid.get_mut(&row.view.sid) else {
            return false;
        };
        if room.row.as_deref() == Some(row) {
            return false;
        }
        room.row = Some(Box::new(row.clone()));
        true
    }

    pub(crate) fn get(&self, sid: ConferenceSid) -> Option<&Room> {
        self.by_sid.get(&sid)
    }

    pub(crate) fn get_mut(&mut self, sid: ConferenceSid) -> Option<&mut Room> {
        let room = self.by_sid.get_mut(&sid)?;
        self.changed.insert(sid);
        Some(room)
    }

    pub(crate) fn named(&self, name: &str) -> Option<ConferenceSid> {
        self.by_name.get(name).copied()
    }

    pub(crate) fn of_room(&self, room: RoomId) -> Option<ConferenceSid> {
        self.by_room.get(&room).copied()
    }

    /// Returns the conferences that have not ended.
    pub(crate) fn live(&self) -> impl Iterator<Item = &Room> {
        self.by_sid.values().filter(|room| !room.ended)
    }

    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Room> {
        self.by_sid.values_mut()
    }

    pub(crate) fn len(&self) -> usize {
        self.by_sid.len()
    }

    /// Returns the number of unapplied changes to a media thread.
    pub(crate) fn unapplied(&self, thread: u16) -> u64 {
        self.by_sid
            .values()
            .filter(|room| room.thread == thread)
            .map(Room::unapplied)
            .sum()
    }
}
