//! Expected effect of a participant update: mute, hold and coach, by the specification.

use confab_conference::{ParticipantState, Target, Update};
use confab_terms::{CallSid, LegId, RoomId};

use super::{Oracle, Person, Picture};

/// Expected result of an update.
#[derive(Clone, Debug)]
pub(crate) enum Verdict {
    /// The update is rejected and changes nothing.
    Refused,
    /// The update is accepted, with the resulting state of the participant.
    Seated(RoomId, Person),
    /// The update may be rejected; if accepted, the resulting state of the expected participant.
    Expected(CallSid, Option<Person>),
}

impl Oracle {
    pub(crate) fn judge(&self, room: Option<RoomId>, call: CallSid, update: &Update) -> Verdict {
        let leg = self.leg_of.get(&call).copied();
        let picture = room
            .and_then(|room| self.rooms.get(&room))
            .map(|room| &room.now);
        let seat = leg
            .zip(picture)
            .and_then(|(leg, picture)| picture.person(leg));
        match (room, picture, seat) {
            (Some(room), Some(picture), Some(person)) => {
                match self.wished(picture, call, person, update) {
                    Some(person) => Verdict::Seated(room, person),
                    None => Verdict::Refused,
                }
            }
            _ => {
                let fresh = || Person::new(leg.unwrap_or(LegId(0)), self.brings.get(&call));
                let person = self.expected.get(&call).cloned().unwrap_or_else(fresh);
                let empty = Picture::default();
                let picture = picture.unwrap_or(&empty);
                Verdict::Expected(call, self.wished(picture, call, &person, update))
            }
        }
    }

    fn wished(
        &self,
        picture: &Picture,
        call: CallSid,
        person: &Person,
        update: &Update,
    ) -> Option<Person> {
        let target = |wanted: &Target| match wanted {
            Target::Call(target) if *target != call => {
                let leg = self.leg_of.get(target).copied();
                leg.filter(|leg| picture.person(*leg).is_some())
            }
            _ => None,
        };
        let coaches = match (update.coaching, &update.call_sid_to_coach) {
            (Some(false), _) | (None, Some(Target::Nobody)) => None,
            (None, None) => person.coaches,
            (Some(true), None) => Some(Some(person.coaches.flatten()?)),
            (_, Some(wanted)) => Some(Some(target(wanted)?)),
        };
        Some(Person {
            leg: person.leg,
            muted: update.muted.unwrap_or(person.muted),
            held: update.hold.unwrap_or(person.held),
            coaches,
            starts: person.starts,
            ends: update.end_conference_on_exit.unwrap_or(person.ends),
            label: person.label.clone(),
        })
    }

    /// Applies an accepted update.
    pub(crate) fn accepted(&mut self, verdict: &Verdict) {
        match verdict {
            Verdict::Seated(room, person) => {
                let picture = self.rooms.get_mut(room).map(|room| &mut room.now);
                if let Some(seat) = picture.and_then(|picture| picture.person_mut(person.leg)) {
                    *seat = person.clone();
                }
            }
            Verdict::Expected(call, Some(person)) => {
                self.expected.insert(*call, person.clone());
            }
            Verdict::Expected(_, None) | Verdict::Refused => {}
        }
    }

    /// Compares a participant in a response of the API with the model.
    pub(crate) fn shows(&self, person: &Person, state: &ParticipantState) -> Result<(), String> {
        let coached = person.coaches.flatten();
        let coached = coached.and_then(|leg| self.call_of.get(&leg).copied());
        let same = person.muted == state.muted
            && person.held == state.hold
            && person.coaches.is_some() == state.coaching
            && coached == state.call_sid_to_coach
            && person.ends == state.end_conference_on_exit
            && person.starts == state.start_conference_on_enter;
        if same {
            Ok(())
        } else {
            Err(format!("shown {state:?}, known {person:?}"))
        }
    }
}
