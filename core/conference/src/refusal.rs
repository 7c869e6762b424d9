//! Why a conference refuses something.

use confab_terms::CallSid;
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Why a conference refuses something. Nothing has changed then.
#[derive(Clone, Debug, PartialEq, Eq, Error, Serialize, Deserialize)]
pub enum Refusal {
    /// The conference is completed (looked at first).
    #[error("the conference has ended")]
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
    #[error("a participant cannot coach itself: name another one in CallSidToCoach")]
    TargetIsSelf(CallSid),
    /// The target is held, and by custom such a one is not coached.
    #[error("the participant to be coached is on hold: take it off hold first")]
    TargetOnHold(CallSid),
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
    /// Too long, empty, or with control characters.
    #[error(
        "the name {name:?} can't be a conference's: 1 to {chars_max} characters, none of them a \
         control character, would do"
    )]
    NameInvalid {
        /// What it was to be.
        name: String,
        /// So many would do.
        chars_max: usize,
    },
    /// `limits::ANNOUNCEMENTS_MAX` wait already to be heard by a participant.
    #[error("{0} announcements wait already to be heard: try again when some have been")]
    TooManyAnnouncements(usize),
    /// A call is in it already.
    #[error("the call is in this conference already")]
    AlreadyIn(CallSid),
}
