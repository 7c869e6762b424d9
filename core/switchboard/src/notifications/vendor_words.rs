//! Vendors' words for the enums of the rules and the switchboard.

use confab_conference::{EndReason, LeaveReason};

use crate::{CallDirection, CallStatus};

/// CallStatus of the `initiated` event; no resource has this status.
pub(crate) const INITIATED: &str = "initiated";

pub(crate) fn call_status(status: CallStatus) -> &'static str {
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

pub(crate) fn direction(direction: CallDirection) -> &'static str {
    match direction {
        CallDirection::Inbound => "inbound",
        CallDirection::OutboundApi => "outbound-api",
        CallDirection::OutboundDial => "outbound-dial",
    }
}

/// Returns ReasonConferenceEnded, and the text of Reason.
pub(crate) fn end_reason(reason: EndReason) -> (&'static str, &'static str) {
    match reason {
        EndReason::EndedViaApi => (
            "conference-ended-via-api",
            "The conference was ended via the API",
        ),
        EndReason::LastParticipantLeft => ("last-participant-left", "The last participant left"),
        EndReason::LastParticipantKicked => (
            "last-participant-kicked",
            "The last participant was removed via the API",
        ),
        EndReason::EndOnExitLeft => (
            "participant-with-end-conference-on-exit-left",
            "A participant with endConferenceOnExit left",
        ),
        EndReason::EndOnExitKicked => (
            "participant-with-end-conference-on-exit-kicked",
            "A participant with endConferenceOnExit was removed via the API",
        ),
        EndReason::ServerShutdown => ("server-shutdown", "The server was shut down"),
        EndReason::ServerRestarted => ("server-restarted", "The server was restarted"),
    }
}

/// Returns ReasonParticipantLeft.
pub(crate) fn leave_reason(reason: LeaveReason) -> &'static str {
    match reason {
        LeaveReason::ConferenceEndedViaApi => "conference_ended_via_api",
        LeaveReason::ModeratorEnded => "moderator_ended_conference",
        LeaveReason::UpdatedViaApi => "participant_updated_via_api",
        LeaveReason::HungUp => "participant_hung_up",
        LeaveReason::AddFailed => "participant_add_failed",
        LeaveReason::MediaTimeout => "media_timeout",
        LeaveReason::ServerShutdown => "server_shutdown",
        LeaveReason::ServerRestarted => "server_restarted",
    }
}
