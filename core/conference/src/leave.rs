//! `Conference::leave` and `complete`: a call goes, or all of them do.

use confab_terms::{Audibility, CallSid, WallTime};

use crate::participant::{Coaching, Participant};
use crate::{Beep, Conference, Effects, EndReason, Event, EventKind, LeaveReason, Refusal, Status};

impl Conference {
    /// A call leaves, or an expected one will not come (then: no effect on others, and no event
    /// but of one that came and found no seat).
    /// The leaving comes first among the events, before it only the end of what was being said,
    /// then what it brings about.
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
            // The server ends the conference, not the participant who happens to be the last.
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

    /// `Status=completed`.
    pub fn complete(&mut self, now: WallTime) -> Result<Effects, Refusal> {
        self.not_completed()?;
        let mut effects = Effects::default();
        let reason = LeaveReason::ConferenceEndedViaApi;
        self.end(EndReason::EndedViaApi, reason, None, now, &mut effects);
        Ok(effects)
    }

    /// Nobody coaches this call any more. Fail closed: an ordinary voice again would tell everyone
    /// what was whispered.
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

    /// With what each of them is heard by now.
    pub(crate) fn seated_coaches_of(&self, target: CallSid) -> Vec<(CallSid, Audibility)> {
        self.joined
            .iter()
            .filter_map(|call| self.participants.get(call))
            .filter(|p| p.coaching() == Coaching::Call(target))
            .map(|p| (p.state.call, self.audibility_of(p)))
            .collect()
    }

    /// Everyone left goes, oldest first; conference-end is the last event there ever is.
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

/// `endConferenceOnExit` is named as the cause also when nobody else was left. At a shutdown all
/// participants leave, and the last one ends the conference.
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
