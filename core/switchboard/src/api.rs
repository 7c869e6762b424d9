//! What the REST API can ask, and what it is answered. Values are typed: the dialect's spelling
//! has been parsed away, and comes back only in `rest`.

use core::time::Duration;

use confab_conference::{Key, Update, Url};
use confab_sip::Account;
use confab_terms::{CallSid, ConferenceSid, DigitString, RecordingSid};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::{AudibilityView, CallCallback, CallView, ConferenceView, ParticipantView};
use crate::{NewRecording, RecordingOf, RecordingUpdate, RecordingView};

/// A question or order of the REST API.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Request {
    /// `POST …/Participants/{key}`
    UpdateParticipant {
        /// Which conference.
        conference: ConferenceSid,
        /// Which participant.
        key: Key,
        /// What.
        update: Update,
    },
    /// `GET …/Participants/{key}`
    FetchParticipant {
        /// Which conference.
        conference: ConferenceSid,
        /// Which participant.
        key: Key,
    },
    /// `GET …/Participants`: the seated ones, oldest first; paging is `rest`'s.
    ListParticipants {
        /// Which conference.
        conference: ConferenceSid,
    },
    /// `DELETE …/Participants/{key}`
    RemoveParticipant {
        /// Which conference.
        conference: ConferenceSid,
        /// Which participant.
        key: Key,
    },
    /// `GET …/Conferences`: the live ones; `rest` adds those of the store.
    ListConferences,
    /// `GET …/Conferences/{sid}`, live.
    FetchConference {
        /// Which.
        conference: ConferenceSid,
    },
    /// `POST …/Conferences/{sid}`
    UpdateConference {
        /// Which.
        conference: ConferenceSid,
        /// `Status=completed`.
        complete: bool,
        /// `AnnounceUrl`.
        announce: Option<Url>,
    },
    /// `GET …/Calls/{sid}`, live.
    FetchCall {
        /// Which.
        call: CallSid,
    },
    /// `GET …/Calls`: the live ones; `rest` adds those of the store.
    ListCalls,
    /// `POST …/Calls`
    CreateCall(Box<NewCall>),
    /// `POST …/Calls/{sid}`
    UpdateCall {
        /// Which.
        call: CallSid,
        /// What.
        update: CallUpdate,
    },
    /// `POST …/Recordings` of a call or a conference
    StartRecording {
        /// Of what.
        of: RecordingOf,
        /// How.
        wish: NewRecording,
    },
    /// `POST …/Recordings/{sid}` of a call or a conference
    UpdateRecording {
        /// Of what.
        of: RecordingOf,
        /// Which; `None`: the one that is taken now.
        recording: Option<RecordingSid>,
        /// What.
        update: RecordingUpdate,
    },
    /// `GET …/Conferences/{sid}/Audibility`
    TellAudibility {
        /// Which.
        conference: ConferenceSid,
    },
}

/// A call that is to be made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewCall {
    /// A number, `client:NAME`, or `sip:user@host` with headers perhaps.
    pub to: String,
    /// A number, a name, `client:NAME`, or `sip:user@host`.
    pub from: String,
    /// `CallerId`: shown to the callee in place of `from`.
    pub caller_id: Option<String>,
    /// What it runs once it is answered.
    pub first: NextDocument,
    /// `FallbackUrl`: what it asks when a document fails.
    pub fallback: Option<Url>,
    /// `StatusCallback`: who is told of it.
    pub status_callback: Option<CallCallback>,
    /// `Timeout`: how long it rings.
    pub rings: Duration,
    /// `Record=true`: it is recorded once it is answered.
    pub record: Option<NewRecording>,
    /// `SendDigits`: pressed once it is answered, before it runs anything.
    pub send_digits: Option<DigitString>,
    /// `TimeLimit`: maximum duration after the answer.
    pub time_limit: Option<Duration>,
    /// `SipAuthUsername` and `SipAuthPassword`: answer challenges in place of the trunk's.
    pub credentials: Option<Account>,
}

/// What an update does to a call. Without anything in it, nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallUpdate {
    /// `Status`; goes before `next`.
    pub end: Option<EndWish>,
    /// `Url` or `Twiml`: what it runs from now on.
    pub next: Option<NextDocument>,
    /// `FallbackUrl`: what it asks when a document fails.
    pub fallback: Option<Url>,
    /// `StatusCallback`: who is told of it from now on.
    pub status_callback: Option<CallCallback>,
    /// `TimeLimit`: maximum duration after the answer.
    pub time_limit: Option<Duration>,
}

/// `Status` of an update.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum EndWish {
    /// However far it has come.
    Completed,
    /// Only if it was not answered yet.
    Canceled,
}

/// The document that an update sends a call to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum NextDocument {
    /// To be asked for.
    From(Url),
    /// In the update itself.
    Inline(String),
}

/// The answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Reply {
    /// Fetch or update of a participant.
    Participant {
        /// As it is now.
        participant: Box<ParticipantView>,
        /// The tick from which an update is heard, if it changed the audio.
        applied_tick: Option<u64>,
    },
    /// A list.
    Participants(Vec<ParticipantView>),
    /// Removed.
    Removed,
    /// Fetch or update of a conference.
    Conference(ConferenceView),
    /// A list, newest first.
    Conferences(Vec<ConferenceView>),
    /// Fetch or update of a call.
    Call(Box<CallView>),
    /// A list, newest first.
    Calls(Vec<CallView>),
    /// A recording as it is now.
    Recording(Box<RecordingView>),
    /// The matrix.
    Audibility(AudibilityView),
    /// No.
    Refused(Refusal),
}

/// Why not. `rest` gives each its code and status in one `match`.
#[derive(Clone, Debug, PartialEq, Eq, Error, Serialize, Deserialize)]
pub enum Refusal {
    /// The rules of the conference say no.
    #[error(transparent)]
    Conference(#[from] confab_conference::Refusal),
    /// Not live here (the store may know it).
    #[error("no conference {0}")]
    NoSuchConference(ConferenceSid),
    /// Not live here (the store may know it).
    #[error("no call {0}")]
    NoSuchCall(CallSid),
    /// Not one of that call or conference, or whole already (the store may know it).
    #[error("no recording {0} is being taken there")]
    NoSuchRecording(String),
    /// One at a time.
    #[error("already being recorded, as recording {0}: stop that recording first")]
    RecordedAlready(RecordingSid),
    /// Before a call is up there is nothing to record.
    #[error("the call {0} is not in progress: there is nothing to record")]
    NotInProgress(CallSid),
    /// Nobody there is ours to call.
    #[error(
        "{0:?} cannot be called: a number needs a trunk with an address; a SIP URI needs the host \
         of a trunk, or of a user who is registered here"
    )]
    NobodyToCall(String),
    /// `sips:`, a transport that is not ours, or an address that is nobody's; with what would do.
    #[error("{0}")]
    NoWayThere(String),
    /// Nobody can call as that.
    #[error("invalid From {0:?}: expected a number, a name, client:NAME or a SIP URI")]
    NoCaller(String),
    /// The callee cannot be shown that.
    #[error("invalid CallerId {0:?}: expected a number, a name, client:NAME or a SIP URI")]
    NoCallerId(String),
    /// A header in the URI of `To` that is not sent.
    #[error("invalid header in To: {0}")]
    BadUriHeader(String),
    /// A document in an update that cannot be read.
    #[error("the document cannot be read: {message}")]
    BadDocument {
        /// The vendor's.
        code: u32,
        /// What is wrong with it.
        message: String,
    },
    /// No slot towards the media thread: nothing has changed.
    #[error("too many changes are on their way to the audio; try again in a second")]
    Busy,
    /// The change was made, but the room did not say within a second from which tick it holds.
    #[error("the room did not confirm the change within a second; fetch it to see what holds")]
    NotConfirmed,
    /// Rules and room disagree: our fault, and counted.
    #[error("rules and room disagree on call {listener} hearing call {speaker}: a fault of confab")]
    Disagreement {
        /// Who listens.
        listener: CallSid,
        /// Who speaks.
        speaker: CallSid,
    },
}
