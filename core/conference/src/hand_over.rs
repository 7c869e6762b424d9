//! `Conference::hand_over`: transfer of a seat to another call (SIP `Replaces`).

use confab_terms::{CallSid, LegId, WallTime};

use crate::leave::leaves;
use crate::{Conference, Effects, EventKind, Hears, LeaveReason, Refusal};

impl Conference {
    /// Transfers the seat of `from` to `to`, effective on one tick. The seat keeps mute, hold,
    /// coaching and label, since the transfer concerns the seat. No conference starts or ends, and
    /// no tone is played.
    ///
    /// A coach of `from` becomes inaudible until an update sets its target again, since another
    /// person may use the seat.
    ///
    /// # Errors
    ///
    /// Fails if `from` is not seated, `to` is in the conference already, or the conference is
    /// completed.
    pub fn hand_over(
        &mut self,
        from: CallSid,
        to: CallSid,
        leg: LegId,
        now: WallTime,
    ) -> Result<Effects, Refusal> {
        self.not_completed()?;
        if self.seated_one(from).is_none() {
            return Err(Refusal::NoSuchParticipant(from.to_string()));
        }
        if self.participants.contains_key(&to) {
            return Err(Refusal::AlreadyIn(to));
        }
        let mut effects = Effects::default();
        let coaches = self.seated_coaches_of(from);
        let Some(gone) = self.participants.remove(&from) else {
            return Err(Refusal::NoSuchParticipant(from.to_string()));
        };
        self.joined.retain(|joined| *joined != from);
        let mut comes = gone.clone();
        (comes.state.call, comes.state.leg) = (to, leg);
        comes.speaks = false;
        (comes.state.date_created, comes.state.date_updated) = (now, now);
        if let Some(label) = &comes.state.label {
            self.labels.insert(label.clone(), to);
        }
        effects.events.push(comes.event(EventKind::Join));
        self.participants.insert(to, comes);
        self.joined.push(to);
        leaves(&gone, LeaveReason::HungUp, &mut effects);
        self.forget_target(from, &coaches, now, &mut effects);
        if let Some(p) = self.seated_one(to) {
            effects.seat.push((leg, self.audibility_of(p)));
            let hears = self.hears_of(p);
            if hears != Hears::Room {
                effects.hears.push((to, hears));
            }
        }
        Ok(effects)
    }
}
