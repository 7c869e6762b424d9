//! `Conference::speaks`: start and end of a participant's speech. No speech starts for an inaudible
//! participant: muted, held, before the start of the conference, or a coach without a target.

use confab_terms::{CallSid, Voice};

use crate::{Conference, Effects, EventKind, Status};

impl Conference {
    /// Processes the room's report that a call speaks or has stopped. Each start is followed by
    /// exactly one stop, at the latest when the participant leaves.
    pub fn speaks(&mut self, call: CallSid, speaks: bool) -> Effects {
        let mut effects = Effects::default();
        let is_heard = self.audibility(call).voice != Voice::ToNobody;
        let may = self.status == Status::InProgress && (is_heard || !speaks);
        let seated = self.participants.get_mut(&call);
        let Some(p) = seated.filter(|p| may && p.state.seated && p.speaks != speaks) else {
            return effects;
        };
        p.speaks = speaks;
        effects.events.push(p.event(if speaks {
            EventKind::SpeechStart
        } else {
            EventKind::SpeechStop
        }));
        effects
    }
}
