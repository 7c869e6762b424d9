//! Ledger of calls, conferences, API requests, legs and rooms: each ends exactly once, and none is
//! left at the end of a run.

use std::collections::{BTreeMap, BTreeSet};

use confab_terms::{CallSid, ConferenceSid, LegId, RequestId, RoomId};

use crate::audio::Audio;
use crate::call_events::CallEvents;
use crate::dialled::Dialled;
use crate::fetches::Fetches;
use crate::fields::{CallbackFields, number_in};
use crate::holds::Holds;
use crate::outcome::Checked;
use crate::questions::Question;
use crate::recordings::Recordings;
use crate::rows::Rows;
use crate::webhooks::Webhooks;

#[derive(Default)]
pub(crate) struct Books {
    known_calls: BTreeSet<CallSid>,
    pub(crate) ended_calls: BTreeSet<CallSid>,
    ended_conferences: BTreeSet<ConferenceSid>,
    /// Calls of the simulated phones, by number.
    pub(crate) call_of_number: BTreeMap<u64, CallSid>,
    pub(crate) questions: BTreeMap<RequestId, Question>,
    pub(crate) asked: u64,
    legs: BTreeSet<LegId>,
    rooms: BTreeSet<RoomId>,
    pub(crate) webhooks: Webhooks,
    pub(crate) call_events: CallEvents,
    pub(crate) rows: Rows,
    pub(crate) fetches: Fetches,
    pub(crate) dialled: Dialled,
    pub(crate) holds: Holds,
    pub(crate) fields: CallbackFields,
    pub(crate) recordings: Recordings,
    pub(crate) audio: Audio,
    /// Calls with a hold URL or silence: their hold music is not the built-in one.
    pub(crate) hold_urls: BTreeSet<CallSid>,
}

impl Books {
    /// Records a call. `from` is `sip:c17@phones.example`, or `c17` for a phone that calls from the
    /// address of its trunk; the number is the phone's.
    pub(crate) fn know_call(&mut self, call: CallSid, from: &str) {
        self.known_calls.insert(call);
        if let Some(number) = number_in(from) {
            self.call_of_number.entry(number).or_insert(call);
        }
    }

    /// Returns the number of a phone's call.
    pub(crate) fn number_of(&self, call: CallSid) -> Option<u64> {
        let mut numbers = self.call_of_number.iter();
        numbers.find_map(|(number, of)| (*of == call).then_some(*number))
    }

    pub(crate) fn known_calls(&self) -> Vec<CallSid> {
        self.known_calls.iter().copied().collect()
    }

    pub(crate) fn has_ended(&self, call: CallSid) -> bool {
        self.ended_calls.contains(&call)
    }

    pub(crate) fn call_ended(&mut self, call: CallSid) -> Checked {
        self.known_calls.insert(call);
        if self.ended_calls.insert(call) {
            Ok(())
        } else {
            Err(format!("{call} ended twice"))
        }
    }

    pub(crate) fn conference_ended(&mut self, conference: ConferenceSid) -> Checked {
        if self.ended_conferences.insert(conference) {
            Ok(())
        } else {
            Err(format!("{conference} ended twice"))
        }
    }

    pub(crate) fn leg_opened(&mut self, leg: LegId) -> Checked {
        if self.legs.insert(leg) {
            Ok(())
        } else {
            Err(format!("leg {leg} was opened twice"))
        }
    }

    pub(crate) fn leg_removed(&mut self, leg: LegId) -> Checked {
        if self.legs.remove(&leg) {
            Ok(())
        } else {
            Err(format!("leg {leg} was removed and is not there"))
        }
    }

    pub(crate) fn has_leg(&self, leg: LegId) -> bool {
        self.legs.contains(&leg)
    }

    pub(crate) fn room_opened(&mut self, room: RoomId) {
        self.rooms.insert(room);
    }

    pub(crate) fn room_closed(&mut self, room: RoomId) -> Checked {
        if self.rooms.remove(&room) {
            Ok(())
        } else {
            Err(format!("room {room} was closed and is not there"))
        }
    }

    /// Checks at the end of a run that each call and each conference has ended.
    pub(crate) fn close(&self, calls: u64, rooms_with_people: usize) -> Checked {
        let still: Vec<_> = self.known_calls.difference(&self.ended_calls).collect();
        if !still.is_empty() {
            return Err(format!("calls without an end: {still:?}"));
        }
        if calls != self.ended_calls.len() as u64 {
            let ended = self.ended_calls.len();
            return Err(format!("{calls} calls, and {ended} CallEnded"));
        }
        let ended = self.ended_conferences.len();
        if ended != rooms_with_people {
            return Err(format!(
                "{rooms_with_people} conferences had somebody in them, and {ended} ended"
            ));
        }
        if let Some((request, question)) = self.questions.iter().next() {
            return Err(format!("no reply to {request}: {question:?}"));
        }
        if !self.legs.is_empty() || !self.rooms.is_empty() {
            return Err(format!(
                "left: legs {:?}, rooms {:?}",
                self.legs, self.rooms
            ));
        }
        self.holds.close()?;
        self.rows.close()?;
        self.recordings.close()?;
        self.fields.close(&self.ended_calls)?;
        self.call_events.close(&self.ended_calls)?;
        self.webhooks.close()
    }
}
