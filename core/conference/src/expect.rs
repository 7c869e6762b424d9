//! `Conference::expect`: registration of a call that is going to join.

use confab_terms::{CallSid, LegId, WallTime, limits};

use crate::participant::Participant;
use crate::{Conference, Refusal, Settings};

impl Conference {
    /// Registers a call that was directed to join but is not answered. The participant can be
    /// addressed from now on and has no effect until seated.
    ///
    /// # Errors
    ///
    /// Fails if the conference is completed or full, or the call is in the conference already. Also
    /// fails if the label is invalid or taken, or the coaching target is not permitted.
    pub fn expect(
        &mut self,
        call: CallSid,
        leg: LegId,
        settings: Settings,
        now: WallTime,
    ) -> Result<(), Refusal> {
        self.not_completed()?;
        if self.participants.contains_key(&call) {
            return Err(Refusal::AlreadyIn(call));
        }
        self.room_for_one(settings.max_participants)?;
        if self.participants.len() >= limits::PARTICIPANTS_MAX {
            return Err(Refusal::Full(self.bound(None)));
        }
        if let Some(label) = &settings.label {
            check_label(label)?;
            if self.labels.contains_key(label) {
                return Err(Refusal::LabelTaken(label.clone()));
            }
        }
        if let Some(target) = settings.coach {
            self.check_target(call, target)?;
        }
        if let Some(label) = &settings.label {
            self.labels.insert(label.clone(), call);
        }
        let participant = Participant::expected(call, leg, settings, now);
        self.participants.insert(call, participant);
        Ok(())
    }

    /// Checks the limit of participants. Only seated ones count: ringing calls do not occupy a
    /// place.
    pub(crate) fn room_for_one(&self, max_participants: Option<u32>) -> Result<(), Refusal> {
        let max = self.bound(max_participants);
        if usize::try_from(max).is_ok_and(|max| self.joined.len() >= max) {
            return Err(Refusal::Full(max));
        }
        Ok(())
    }

    fn bound(&self, max_participants: Option<u32>) -> u32 {
        let ours = u32::try_from(limits::PARTICIPANTS_MAX).unwrap_or(u32::MAX);
        let customary = self.customs.participants_max;
        max_participants.unwrap_or(customary).min(ours)
    }
}

/// Checks a label: not a sid in either dialect, and without a slash that would end its path
/// segment.
fn check_label(label: &str) -> Result<(), Refusal> {
    let length = label.chars().count();
    let slash = label.contains('/') || label.to_ascii_lowercase().contains("%2f");
    if length == 0 || length > limits::LABEL_CHARS_MAX || slash || is_like_a_sid(label) {
        return Err(Refusal::LabelInvalid(label.to_owned()));
    }
    Ok(())
}

fn is_like_a_sid(label: &str) -> bool {
    let uuid = |text: &str| text.parse::<CallSid>().is_ok();
    let prefixed = label
        .get(..2)
        .is_some_and(|p| p.bytes().all(|b| b.is_ascii_alphabetic()));
    // CA and 32 hexadecimal digits are a CallSid in the Twilio dialect.
    uuid(label) || (prefixed && label.get(2..).is_some_and(uuid))
}
