//! The vendor's spelling of words that are typed everywhere else. SignalWire's, for now the only
//! one; another dialect is another arm here and in `resources`, nowhere else.

use confab_switchboard::conference::{Because, Status};
use confab_switchboard::{CallDirection, CallStatus};

/// The spelling of the API.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Dialect {
    /// UUIDs, `/api/laml`, the words of SignalWire's OpenAPI.
    #[default]
    SignalWire,
}

impl Dialect {
    /// What stands before `/2010-04-01` in the `uri` of a resource.
    pub(crate) fn prefix(self) -> &'static str {
        match self {
            Self::SignalWire => "/api/laml",
        }
    }

    /// `status` of a conference.
    pub(crate) fn conference_status(self, status: Status) -> &'static str {
        match status {
            Status::Init => "init",
            Status::InProgress => "in-progress",
            Status::Completed => "completed",
        }
    }

    /// `status` of a participant: only the seated ones are shown.
    pub(crate) fn participant_status(self) -> &'static str {
        match self {
            Self::SignalWire => "in-progress",
        }
    }

    /// `status` of a call.
    pub(crate) fn call_status(self, status: CallStatus) -> &'static str {
        match status {
            CallStatus::Queued => "queued",
            CallStatus::Ringing => "ringing",
            CallStatus::InProgress => "in-progress",
            CallStatus::Completed => "completed",
            CallStatus::Busy => "busy",
            CallStatus::Failed => "failed",
            CallStatus::NoAnswer => "no-answer",
            CallStatus::Canceled => "canceled",
        }
    }

    /// `direction` of a call.
    pub(crate) fn direction(self, direction: CallDirection) -> &'static str {
        match (self, direction) {
            (Self::SignalWire, CallDirection::Inbound) => "inbound",
            (Self::SignalWire, CallDirection::OutboundApi | CallDirection::OutboundDial) => {
                "outbound"
            }
        }
    }
}

/// `because` of the audibility matrix, which is ours and so the same in every dialect.
pub(crate) fn because(because: Because) -> &'static str {
    match because {
        Because::NotStarted => "not-started",
        Because::ListenerHeld => "listener-held",
        Because::SpeakerHeld => "speaker-held",
        Because::SpeakerMuted => "speaker-muted",
        Because::CoachingAnother => "coaching-another",
        Because::Heard => "heard",
    }
}
