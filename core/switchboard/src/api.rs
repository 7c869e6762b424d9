//! Requests and replies of the REST API, typed. Parsing and formatting of the vendors' dialects
//! belong to `rest`.

use core::time::Duration;

use confab_conference::{Key, Update, Url};
use confab_sip::Account;
use confab_terms::{CallSid, ConferenceSid, DigitString, RecordingSid};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::{AudibilityView, CallCallback, CallView, ConferenceView, ParticipantView};
use crate::{NewRecording, RecordingOf, RecordingUpdate, RecordingView};

/// Request of the REST API.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Request {
    /// `POST …/Participants/{key}`
    UpdateParticipant {
        /// The conference.
        conference: ConferenceSid,
        /// The participant.
        key: Key,
        /// The changes.
        update: Update,
    },
    /// `GET …/Participants/{key}`
    FetchParticipant {
        /// The conference.
        conference: ConferenceSid,
        /// The participant.
        key: Key,
    },
    /// `GET …/Participants`: seated participants, oldest first. Paging belongs to `rest`.
    ListParticipants {
        /// The conference.
        conference: ConferenceSid,
    },
    /// `DELETE …/Participants/{key}`
    RemoveParticipant {
        /// The conference.
        conference: ConferenceSid,
        /// The participant.
        key: Key,
    },
    /// `GET …/Conferences`: live conferences. `rest` adds the stored ones.
    ListConferences,
    /// `GET …/Conferences/{sid}` of a live conference.
    FetchConference {
        /// The conference.
        conference: ConferenceSid,
    },
    /// `POST …/Conferences/{sid}`
    UpdateConference {
        /// The conference.
        conference: ConferenceSid,
        /// `Status=completed`.
        complete: bool,
        /// `AnnounceUrl`.
        announce: Option<Url>,
    },
    /// `GET …/Calls/{sid}` of a live call.
    FetchCall {
        /// The call.
        call: CallSid,
    },
    /// `GET …/Calls`: live calls. `rest` adds the stored ones.
    ListCalls,
    /// `POST …/Calls`
    CreateCall(Box<NewCall>),
    /// `POST …/Calls/{sid}`
    UpdateCall {
        /// The call.
        call: CallSid,
        /// The changes.
        update: CallUpdate,
    },
    /// `POST …/Recordings` of a call or a conference
    StartRecording {
        /// Subject of the recording.
        of: RecordingOf,
        /// Settings of the recording.
        wish: NewRecording,
    },
    /// `POST …/Recordings/{sid}` of a call or a conference
    UpdateRecording {
        /// Subject of the recording.
        of: RecordingOf,
        /// The recording. `None`: the current recording.
        recording: Option<RecordingSid>,
        /// The change.
        update: RecordingUpdate,
    },
    /// `GET …/Conferences/{sid}/Audibility`
    TellAudibility {
        /// The conference.
        conference: ConferenceSid,
    },
}

/// Outbound call to create.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewCall {
    /// Callee: a number, `client:NAME`, or `sip:user@host`, optionally with URI headers.
    pub to: String,
    /// Caller: a number, a name, `client:NAME`, or `sip:user@host`.
    pub from: String,
    /// `CallerId`: caller shown to the callee in place of `from`.
    pub caller_id: Option<String>,
    /// Document that runs after the answer.
    pub first: NextDocument,
    /// `FallbackUrl`: URL requested after a document failed.
    pub fallback: Option<Url>,
    /// `StatusCallback`: receiver of the call's events.
    pub status_callback: Option<CallCallback>,
    /// `Timeout`: maximum ringing time.
    pub rings: Duration,
    /// `Record=true`: settings of a recording that begins at the answer.
    pub record: Option<NewRecording>,
    /// `SendDigits`: DTMF digits sent after the answer, before the document runs.
    pub send_digits: Option<DigitString>,
    /// `TimeLimit`: maximum duration after the answer.
    pub time_limit: Option<Duration>,
    /// `SipAuthUsername` and `SipAuthPassword`: credentials that replace the trunk's.
    pub credentials: Option<Account>,
}

/// Changes to a call. An empty update changes nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallUpdate {
    /// `Status`; takes precedence over `next`.
    pub end: Option<EndWish>,
    /// `Url` or `Twiml`: document that runs from now on.
    pub next: Option<NextDocument>,
    /// `FallbackUrl`: URL requested after a document failed.
    pub fallback: Option<Url>,
    /// `StatusCallback`: receiver of the call's events from now on.
    pub status_callback: Option<CallCallback>,
    /// `TimeLimit`: maximum duration after the answer.
    pub time_limit: Option<Duration>,
}

/// `Status` of an update.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum EndWish {
    /// Ends the call in any state.
    Completed,
    /// Ends the call only before the answer.
    Canceled,
}

/// Document that a call runs next.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum NextDocument {
    /// URL of the document.
    From(Url),
    /// Text of the document, contained in the request.
    Inline(String),
}

/// Reply to a [`Request`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Reply {
    /// Fetched or updated participant.
    Participant {
        /// Present state.
        participant: Box<ParticipantView>,
        /// First tick with the updated audio, if the update changed the audio.
        applied_tick: Option<u64>,
    },
    /// Participants of a conference, oldest first.
    Participants(Vec<ParticipantView>),
    /// The participant was removed.
    Removed,
    /// Fetched or updated conference.
    Conference(ConferenceView),
    /// Live conferences, newest first.
    Conferences(Vec<ConferenceView>),
    /// Fetched, created or updated call.
    Call(Box<CallView>),
    /// Live calls, newest first.
    Calls(Vec<CallView>),
    /// Present state of a recording.
    Recording(Box<RecordingView>),
    /// Audibility matrix of a conference.
    Audibility(AudibilityView),
    /// The request was refused.
    Refused(Refusal),
}

/// Reason of a refusal. `rest` maps each variant to a code and an HTTP status in one `match`.
#[derive(Clone, Debug, PartialEq, Eq, Error, Serialize, Deserialize)]
pub enum Refusal {
    /// Refusal by the conference rules.
    #[error(transparent)]
    Conference(#[from] confab_conference::Refusal),
    /// No live conference has this sid. The store may contain the conference.
    #[error("no conference {0}")]
    NoSuchConference(ConferenceSid),
    /// No live call has this sid. The store may contain the call.
    #[error("no call {0}")]
    NoSuchCall(CallSid),
    /// The recording belongs to another subject or is complete. The store may contain the
    /// recording.
    #[error("no recording {0} is being taken there")]
    NoSuchRecording(String),
    /// A call or conference has at most one recording at a time.
    #[error("already being recorded, as recording {0}: stop that recording first")]
    RecordedAlready(RecordingSid),
    /// The call is not in progress and has no audio to record.
    #[error("the call {0} is not in progress: there is nothing to record")]
    NotInProgress(CallSid),
    /// No trunk or registered user matches `To`.
    #[error(
        "{0:?} cannot be called: a number needs a trunk with an address; a SIP URI needs the host \
         of a trunk, or of a user who is registered here"
    )]
    NobodyToCall(String),
    /// No route to `To`: TLS without a TLS port, an unsupported transport, or an unusable address.
    /// The text names the expectation.
    #[error("{0}")]
    NoWayThere(String),
    /// `From` is not a valid caller.
    #[error("invalid From {0:?}: expected a number, a name, client:NAME or a SIP URI")]
    NoCaller(String),
    /// `CallerId` is not a valid caller.
    #[error("invalid CallerId {0:?}: expected a number, a name, client:NAME or a SIP URI")]
    NoCallerId(String),
    /// A header in the URI of `To` must not be sent.
    #[error("invalid header in To: {0}")]
    BadUriHeader(String),
    /// A document in the request cannot be parsed.
    #[error("the document cannot be read: {message}")]
    BadDocument {
        /// Code of the vendor.
        code: u32,
        /// Problem found.
        message: String,
    },
    /// A limit is reached: unapplied changes, recordings, audibility requests or live calls; or a
    /// drain is in progress. The request changed nothing.
    #[error("too many changes are on their way to the audio; try again in a second")]
    Busy,
    /// The change was made, but the room did not report the tick of the change within a second.
    #[error("the room did not confirm the change within a second; fetch it to see what holds")]
    NotConfirmed,
    /// Rules and room disagree on audibility: an internal error, counted in `Counters`.
    #[error("rules and room disagree on call {listener} hearing call {speaker}: a fault of confab")]
    Disagreement {
        /// The listener.
        listener: CallSid,
        /// The speaker.
        speaker: CallSid,
    },
}
