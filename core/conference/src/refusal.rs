//! Reasons for which a conference rejects an operation.

use confab_terms::CallSid;
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Reason for which a conference rejects an operation, without any change.
#[derive(Clone, Debug, PartialEq, Eq, Error, Serialize, Deserialize)]
pub enum Refusal {
    /// The conference is completed (checked first).
    #[error("the conference has ended")]
    Completed,
    /// The participant was never in the conference, or has left.
    #[error("no participant {0} in this conference")]
    NoSuchParticipant(String),
    /// Coaching has no target.
    #[error("Coaching=true needs CallSidToCoach, the CallSid of the participant to be coached")]
    CoachingWithoutTarget,
    /// The target is not in this conference.
    #[error("the participant to be coached, {0}, is not in this conference")]
    NoSuchTarget(String),
    /// The target is the coach itself.
    #[error("a participant cannot coach itself: name another one in CallSidToCoach")]
    TargetIsSelf(CallSid),
    /// The target is held, which the customs do not permit.
    #[error("the participant to be coached is on hold: take it off hold first")]
    TargetOnHold(CallSid),
    /// The limit of participants is reached.
    #[error("the conference is full: {0} participants at most")]
    Full(u32),
    /// Another participant has the label.
    #[error("the label {0:?} is taken in this conference")]
    LabelTaken(String),
    /// The label is empty, longer than `limits::LABEL_CHARS_MAX`, contains a `/`, or resembles a
    /// sid.
    #[error(
        "the label {0:?} can't be a participant's key: 1 to 128 characters without a slash that \
         do not look like a sid would do"
    )]
    LabelInvalid(String),
    /// The friendly name is empty, too long, or contains control characters.
    #[error(
        "the name {name:?} can't be a conference's: 1 to {chars_max} characters, none of them a \
         control character, would do"
    )]
    NameInvalid {
        /// Rejected name.
        name: String,
        /// Maximum number of characters.
        chars_max: usize,
    },
    /// `limits::ANNOUNCEMENTS_MAX` announcements are queued for a participant.
    #[error("{0} announcements wait already to be heard: try again when some have been")]
    TooManyAnnouncements(usize),
    /// The call is in the conference already.
    #[error("the call is in this conference already")]
    AlreadyIn(CallSid),
}
