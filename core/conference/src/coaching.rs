//! Effect of an update on the two coaching fields.

use confab_terms::CallSid;

use crate::participant::{Coaching, Participant};
use crate::{Conference, Refusal, Target, Update};

impl Conference {
    /// Returns the coaching after the update. A target must be seated in this conference. An update
    /// without both fields never fails.
    pub(crate) fn coaching_after(
        &self,
        coach: &Participant,
        update: &Update,
    ) -> Result<Coaching, Refusal> {
        match (update.coaching, &update.call_sid_to_coach) {
            (None, None) => Ok(coach.coaching()),
            (Some(false), _) | (None, Some(Target::Nobody)) => Ok(Coaching::No),
            (Some(true), Some(Target::Nobody)) => Err(Refusal::CoachingWithoutTarget),
            (Some(true), None) => match coach.coaching() {
                before @ Coaching::Call(_) => Ok(before),
                Coaching::No | Coaching::Nobody => Err(Refusal::CoachingWithoutTarget),
            },
            (_, Some(Target::Unknown(said))) => Err(Refusal::NoSuchTarget(said.clone())),
            (_, Some(Target::Call(target))) => {
                self.check_target(coach.state.call, *target)?;
                Ok(Coaching::Call(*target))
            }
        }
    }

    pub(crate) fn check_target(&self, coach: CallSid, target: CallSid) -> Result<(), Refusal> {
        if target == coach {
            return Err(Refusal::TargetIsSelf(coach));
        }
        match self.seated_one(target) {
            None => Err(Refusal::NoSuchTarget(target.to_string())),
            Some(p) if p.state.hold && !self.customs.coaches_the_held => {
                Err(Refusal::TargetOnHold(target))
            }
            Some(_) => Ok(()),
        }
    }
}
