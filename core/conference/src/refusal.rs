//! Why a conference refuses something.

use confab_terms::CallSid;
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Why a conference refuses something. Nothing has changed then.
#[derive(Clone, Debug, PartialEq, Eq, Error, Serialize, Deserialize)]
pub enum Refusal {
    /// The conference is completed (looked at first).
    #[error("the conference is completed: it takes no updates any more")]
    Completed,
    /// Never was in it, or left.
    #[error("no participant {0} in this conference")]
    NoSuchParticipant(String),
    /// Coaching without a target.
    #[error("Coaching=true needs CallSidToCoach, the CallSid of the participant to be coached")]
    CoachingWithoutTarget,
    /// The target is not in this conference.
    #[error("the participant to be coached, {0}, is not in this conference")]
    NoSuchTarget(String),
    /// A coach can't coach itself.
    #[error("{0} cannot coach itself: name another participant in CallSidToCoach")]
    TargetIsSelf(CallSid),
    /// `maxParticipants` reached.
    #[error("the conference is full: {0} participants at most")]
    Full(u32),
    /// Another participant has this label.
    #[error("the label {0:?} is taken in this conference")]
    LabelTaken(String),
    /// A call is in it already.
    #[error("{0} is in this conference already")]
    AlreadyIn(CallSid),
}
