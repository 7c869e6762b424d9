//! Spelling of ids, paths and words for a vendor. Differences in a vendor's conferences reach the
//! core as customs, without the vendor's name.

mod fields;
mod ids;
#[cfg(test)]
mod tests;
mod texts;

use confab_switchboard::conference::{Because, Customs, EndReason, Status};
use confab_switchboard::{CallDirection, CallStatus};

pub(crate) use fields::SILENT;
pub use ids::account_sid;
pub(crate) use ids::key_sid;

/// Maximum length of a friendly name at Twilio, in characters.
const TWILIO_NAME_CHARS_MAX: usize = 128;
/// Maximum number of participants of a conference at Twilio.
const TWILIO_PARTICIPANTS_MAX: u32 = 250;

/// Vendor whose API the server has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Dialect {
    /// SignalWire: UUIDs, `/api/laml`, the words of SignalWire's OpenAPI.
    #[default]
    SignalWire,
    /// Twilio: `AC`, `CF` or `CA` and 32 hexadecimal digits, Twilio's words.
    Twilio,
}

impl Dialect {
    /// Returns the dialect of a configured name, in upper or lower case.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        let all = [Self::SignalWire, Self::Twilio];
        all.into_iter()
            .find(|one| one.name().eq_ignore_ascii_case(name))
    }

    /// Returns the name used in the configuration.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::SignalWire => "signalwire",
            Self::Twilio => "twilio",
        }
    }

    /// Returns the vendor's differences in the rules of a conference.
    #[must_use]
    pub fn customs(self) -> Customs {
        match self {
            Self::SignalWire => Customs::default(),
            Self::Twilio => Customs {
                friendly_name_chars_max: TWILIO_NAME_CHARS_MAX,
                participants_max: TWILIO_PARTICIPANTS_MAX,
                coaches_the_held: false,
                music_starts_over: false,
            },
        }
    }

    /// Returns whether the auth token signs requests to applications, as the vendor's validators
    /// expect.
    #[must_use]
    pub fn token_signs(self) -> bool {
        self == Self::Twilio
    }

    /// Returns `source` of a recording; the core has SignalWire's words.
    pub(crate) fn recording_source(self, word: &str) -> &str {
        match (self, word) {
            (Self::Twilio, "OutBoundApi") => "OutboundAPI",
            (Self::Twilio, "StartCallRecordingApi") => "StartCallRecordingAPI",
            (Self::Twilio, "StartConferenceRecording") => "StartConferenceRecordingAPI",
            (_, word) => word,
        }
    }

    /// Returns the part before `/2010-04-01` in the `uri` of a resource.
    pub(crate) fn prefix(self) -> &'static str {
        match self {
            Self::SignalWire => "/api/laml",
            Self::Twilio => "",
        }
    }

    /// Returns `more_info` of an error.
    pub(crate) fn more_info(self, code: u32) -> String {
        match self {
            Self::SignalWire => {
                "https://signalwire.com/docs/compatibility-api/reference/errors".to_owned()
            }
            Self::Twilio => format!("https://www.twilio.com/docs/errors/{code}"),
        }
    }

    /// Returns `status` of a conference.
    pub(crate) fn conference_status(self, status: Status) -> &'static str {
        match status {
            Status::Init => "init",
            Status::InProgress => "in-progress",
            Status::Completed => "completed",
        }
    }

    /// Returns `status` of a participant. Seated participants are in lists; ringing participants
    /// are shown on request.
    pub(crate) fn participant_status(self, seated: bool) -> &'static str {
        match (self, seated) {
            (Self::SignalWire, _) => "in-progress",
            (Self::Twilio, true) => "connected",
            (Self::Twilio, false) => "ringing",
        }
    }

    /// Returns `status` of a call.
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

    /// Returns `direction` of a call.
    pub(crate) fn direction(self, direction: CallDirection) -> &'static str {
        match (self, direction) {
            (_, CallDirection::Inbound) => "inbound",
            (Self::SignalWire, CallDirection::OutboundApi | CallDirection::OutboundDial) => {
                "outbound"
            }
            (Self::Twilio, CallDirection::OutboundApi) => "outbound-api",
            (Self::Twilio, CallDirection::OutboundDial) => "outbound-dial",
        }
    }
}

/// Returns `reason_conference_ended`, a key of Twilio only.
pub(crate) fn end_reason(reason: EndReason) -> &'static str {
    match reason {
        EndReason::EndedViaApi => "conference-ended-via-api",
        EndReason::LastParticipantLeft => "last-participant-left",
        EndReason::LastParticipantKicked => "last-participant-kicked",
        EndReason::EndOnExitLeft => "participant-with-end-conference-on-exit-left",
        EndReason::EndOnExitKicked => "participant-with-end-conference-on-exit-kicked",
        EndReason::ServerShutdown => "server-shutdown",
        EndReason::ServerRestarted => "server-restarted",
    }
}

/// Returns `because` of the audibility matrix: an extension, and so the same in every dialect.
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
