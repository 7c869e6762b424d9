//! `Conference::speaks`: a voice has begun or ended. Of one that nobody may hear nothing begins:
//! muted, held, before the start, or a coach whose target has left.

use confab_terms::{CallSid, Voice};

use crate::{Conference, Effects, EventKind, Status};

impl Conference {
    /// The room says that this call speaks, or no longer does. What begins ends once: at the
    /// latest when the participant leaves.
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
