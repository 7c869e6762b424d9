//! Seats of the oracle: joins and leaves, derived from the legs in the changes of a room.

use confab_media::RoomChange;
use confab_terms::{CallSid, ConferenceSid, LegId, RoomId};

use super::{Oracle, Person, Room};
use crate::application::Brings;

impl Oracle {
    pub(crate) fn opened(&mut self, room: RoomId) -> Result<(), String> {
        match self.rooms.insert(room, Room::default()) {
            None => Ok(()),
            Some(_) => Err(format!("room {room} was opened twice")),
        }
    }

    /// Records a document with a conference for a call. The target of a coach must be seated by
    /// now.
    pub(crate) fn comes(&mut self, call: CallSid, brings: Option<Brings>) {
        self.expected.remove(&call);
        self.brings.remove(&call);
        let Some(brings) = brings else { return };
        let target = brings.coach.and_then(|coach| {
            let leg = *self.leg_of.get(&coach)?;
            let room = self.room_of(leg)?;
            let name = self.rooms.get(&room)?.name.as_deref();
            (name == Some(&brings.name)).then_some(leg)
        });
        if let Some(target) = target {
            let leg = self.leg_of.get(&call).copied().unwrap_or(LegId(0));
            let mut person = Person::new(leg, Some(&brings));
            person.coaches = Some(Some(target));
            self.expected.insert(call, person);
        }
        self.brings.insert(call, brings);
    }

    /// Discards the expected state of a call that found the conference full: updates before the
    /// answer do not apply to another conference.
    pub(crate) fn found_no_seat(&mut self, call: CallSid) {
        self.expected.remove(&call);
    }

    pub(crate) fn changes(
        &mut self,
        id: RoomId,
        number: u64,
        change: &RoomChange,
    ) -> Result<(), String> {
        for leg in &change.unseat {
            self.leaves(id, *leg)?;
        }
        for (leg, _) in &change.seat {
            self.sits_down(id, *leg)?;
        }
        let Some(room) = self.rooms.get_mut(&id) else {
            return Err(format!("a change of room {id}, which is not open"));
        };
        room.told = room.now.clone();
        self.issued.insert((id, number), room.now.clone());
        Ok(())
    }

    fn sits_down(&mut self, id: RoomId, leg: LegId) -> Result<(), String> {
        if let Some(other) = self.room_of(leg) {
            return Err(format!("leg {leg} sits down in {id} and sits in {other}"));
        }
        let call = self.call_of.get(&leg).copied();
        let brings = call.and_then(|call| self.brings.get(&call));
        let name = brings.map(|brings| brings.name.clone());
        let second = brings.and_then(|brings| brings.second.clone());
        let expected = call.and_then(|call| self.expected.remove(&call));
        let mut person = expected.unwrap_or_else(|| Person::new(leg, brings));
        person.leg = leg;
        let Some(room) = self.rooms.get_mut(&id).filter(|room| !room.over) else {
            return Err(format!("leg {leg} sits down in {id}, which is over"));
        };
        if room.name.is_none() && second.is_none() {
            room.name = name;
        }
        room.was_seated = true;
        room.now.seated.push(person);
        let starts = room.now.seated.iter().any(|person| person.starts);
        room.now.started |= starts && room.now.seated.len() >= 2;
        Ok(())
    }

    fn leaves(&mut self, id: RoomId, leg: LegId) -> Result<(), String> {
        let Some(room) = self.rooms.get_mut(&id) else {
            return Err(format!("leg {leg} leaves room {id}, which is not open"));
        };
        let before = room.now.seated.len();
        room.now.seated.retain(|person| person.leg != leg);
        if before == room.now.seated.len() {
            return Err(format!("leg {leg} leaves {id}, where it does not sit"));
        }
        let others = room.now.seated.iter_mut().chain(self.expected.values_mut());
        for person in others.filter(|person| person.coaches == Some(Some(leg))) {
            person.coaches = Some(None);
        }
        Ok(())
    }

    /// Records the end of a conference. Calls that were expected in it are expected in the next
    /// conference of that name, in the state of their documents.
    pub(crate) fn ended(&mut self, sid: ConferenceSid) -> Result<(), String> {
        let Some(id) = self.of_sid(sid) else {
            return Ok(());
        };
        let Some(room) = self.rooms.get_mut(&id) else {
            return Ok(());
        };
        if core::mem::replace(&mut room.over, true) {
            return Err(format!("{sid} ended twice"));
        }
        if !room.now.seated.is_empty() {
            return Err(format!("{sid} ended with {:?} in it", room.now.seated));
        }
        let name = room.name.clone();
        let brings = &self.brings;
        self.expected.retain(|call, _| {
            let of = brings.get(call).map(|brings| &brings.name);
            of.is_none() || of != name.as_ref()
        });
        Ok(())
    }
}
