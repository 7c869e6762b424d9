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
    /// Longer than `limits::LABEL_CHARS_MAX`, empty, with a `/`, or like a sid.
    #[error(
        "the label {0:?} can't be a participant's key: 1 to 128 characters without a slash that \
         do not look like a sid would do"
    )]
    LabelInvalid(String),
    /// Longer than `limits::FRIENDLY_NAME_CHARS_MAX`, or empty.
    #[error("the name {0:?} can't be a conference's: 1 to 64 characters would do")]
    NameInvalid(String),
    /// A participant that has not joined yet has `limits::ANNOUNCEMENTS_MAX` waiting for it.
    #[error("{0} announcements wait already for the participant to join")]
    TooManyAnnouncements(usize),
    /// A call is in it already.
    #[error("{0} is in this conference already")]
    AlreadyIn(CallSid),
}
