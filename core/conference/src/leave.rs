//! `Conference::leave` and `complete`: removal of one participant or of all.

use confab_terms::{Audibility, CallSid, WallTime};

use crate::participant::{Coaching, Participant};
use crate::{Beep, Conference, Effects, EndReason, Event, EventKind, LeaveReason, Refusal, Status};

impl Conference {
    /// Removes a participant. Removing an expected participant has no effect on others and causes
    /// no event, except for a call that found no free seat.
    ///
    /// The first event is the leave, preceded only by the end of the participant's speech. The
    /// consequences of the leave follow.
    pub fn leave(&mut self, call: CallSid, reason: LeaveReason, now: WallTime) -> Effects {
        let mut effects = Effects::default();
        let coaches = self.seated_coaches_of(call);
        let Some(gone) = self.participants.remove(&call) else {
            return effects;
        };
        if let Some(label) = &gone.state.label {
            self.labels.remove(label);
        }
        if !gone.state.seated {
            if reason == LeaveReason::AddFailed {
                effects.events.push(gone.event(EventKind::Leave(reason)));
            }
            return effects;
        }
        self.joined.retain(|joined| *joined != call);
        leaves(&gone, reason, &mut effects);
        if let Some(why) = end_by_leaving(&gone, reason, self.joined.is_empty()) {
            // The server ends the conference, not the last participant.
            let by = Some(&gone).filter(|_| why != EndReason::ServerShutdown);
            self.end(why, LeaveReason::ModeratorEnded, by, now, &mut effects);
            return effects;
        }
        self.forget_target(call, &coaches, now, &mut effects);
        if self.status == Status::InProgress && gone.beeps_on_exit() {
            effects.beep = Some(Beep::Exit);
        }
        effects
    }

    /// Ends the conference (`Status=completed`).
    ///
    /// # Errors
    ///
    /// Fails if the conference is completed already.
    pub fn complete(&mut self, now: WallTime) -> Result<Effects, Refusal> {
        self.not_completed()?;
        let mut effects = Effects::default();
        let reason = LeaveReason::ConferenceEndedViaApi;
        self.end(EndReason::EndedViaApi, reason, None, now, &mut effects);
        Ok(effects)
    }

    /// Removes a call as a coaching target. A former coach becomes inaudible: as an ordinary voice,
    /// the whispers would become audible to everyone.
    pub(crate) fn forget_target(
        &mut self,
        target: CallSid,
        coaches: &[(CallSid, Audibility)],
        now: WallTime,
        effects: &mut Effects,
    ) {
        for p in self.participants.values_mut() {
            if p.coaching() == Coaching::Call(target) {
                p.set_coaching(Coaching::Nobody);
                p.state.date_updated = now;
            }
        }
        for (coach, before) in coaches {
            let Some(p) = self.participants.get(coach) else {
                continue;
            };
            let after = self.audibility_of(p);
            if *before != after {
                effects.audibility.push((p.state.leg, after));
            }
            effects.events.push(p.event(EventKind::Modify));
        }
    }

    /// Returns the seated coaches of a target and their current audibility.
    pub(crate) fn seated_coaches_of(&self, target: CallSid) -> Vec<(CallSid, Audibility)> {
        self.joined
            .iter()
            .filter_map(|call| self.participants.get(call))
            .filter(|p| p.coaching() == Coaching::Call(target))
            .map(|p| (p.state.call, self.audibility_of(p)))
            .collect()
    }

    /// Ends the conference: all participants leave, oldest first. conference-end is the last event.
    fn end(
        &mut self,
        why: EndReason,
        others_leave: LeaveReason,
        by: Option<&Participant>,
        now: WallTime,
        effects: &mut Effects,
    ) {
        self.status = Status::Completed;
        self.date_updated = now;
        for call in core::mem::take(&mut self.joined) {
            if let Some(p) = self.participants.remove(&call) {
                leaves(&p, others_leave, effects);
            }
        }
        let expected = core::mem::take(&mut self.participants);
        effects.no_longer_expected = expected.into_values().map(|p| p.state).collect();
        self.labels.clear();
        effects.events.push(Event {
            kind: EventKind::End {
                reason: why,
                call: by.map(|p| p.state.call),
                label: by.and_then(|p| p.state.label.clone()),
            },
            participant: None,
        });
        effects.ended = true;
    }
}

pub(crate) fn leaves(p: &Participant, reason: LeaveReason, effects: &mut Effects) {
    effects.unseat.push(p.state.leg);
    effects.left.push((p.state.call, reason));
    if p.speaks {
        effects.events.push(p.event(EventKind::SpeechStop));
    }
    effects.events.push(p.event(EventKind::Leave(reason)));
}

/// Returns the reason of the end if the leave ends the conference. `endConferenceOnExit` has
/// priority over the last participant's leave. At a shutdown all participants leave, and the last
/// one ends the conference.
fn end_by_leaving(gone: &Participant, reason: LeaveReason, last: bool) -> Option<EndReason> {
    if reason == LeaveReason::ServerShutdown {
        return last.then_some(EndReason::ServerShutdown);
    }
    let kicked = reason == LeaveReason::UpdatedViaApi;
    Some(match (gone.state.end_conference_on_exit, last) {
        (true, _) if kicked => EndReason::EndOnExitKicked,
        (true, _) => EndReason::EndOnExitLeft,
        (false, true) if kicked => EndReason::LastParticipantKicked,
        (false, true) => EndReason::LastParticipantLeft,
        (false, false) => return None,
    })
}
