//! A recording, as the API shows it and the store keeps it; and what its writer says of it.

use confab_conference::{RecordWish, RecordingCallback};
use confab_terms::{AccountSid, CallSid, ConferenceSid, RecordingSid, Track, WallTime};
use serde::{Deserialize, Serialize};

/// A recording. Its audio is a file of the writer's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordingView {
    /// Which.
    pub sid: RecordingSid,
    /// Whose.
    pub account: AccountSid,
    /// What it is of: a call, or a conference.
    pub of: RecordingOf,
    /// For a conference, by whose wish.
    pub wished_by: Option<CallSid>,
    /// One or two.
    pub channels: u8,
    /// Which of a call's directions.
    pub track: Track,
    /// Who asked for it.
    pub source: RecordingSource,
    /// As in the API.
    pub status: RecordingStatus,
    /// Without the silence at its ends.
    pub trim: bool,
    /// When it was asked for, which is when it began.
    pub date_created: WallTime,
    /// The last change.
    pub date_updated: WallTime,
    /// When its audio was whole.
    pub end_time: Option<WallTime>,
    /// How long it is, once it is whole.
    pub duration_ms: u64,
    /// Why there is none.
    pub error: Option<u32>,
    /// Who is told of it.
    pub callback: Option<RecordingCallback>,
}

/// What a recording is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum RecordingOf {
    /// A call.
    Call(CallSid),
    /// A conference.
    Conference(ConferenceSid),
}

/// `source`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum RecordingSource {
    /// `record` of `<Dial>`.
    Dial,
    /// `record` of `<Conference>`.
    Conference,
    /// `Record=true` of a call of ours.
    OutboundApi,
    /// `<Record>`.
    Record,
    /// Asked for of a call that was up.
    StartCallRecording,
    /// Asked for of a conference that was under way.
    StartConferenceRecording,
}

impl RecordingSource {
    /// As SignalWire writes it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Dial => "DialVerb",
            Self::Conference => "Conference",
            Self::OutboundApi => "OutBoundApi",
            Self::Record => "RecordVerb",
            Self::StartCallRecording => "StartCallRecordingApi",
            Self::StartConferenceRecording => "StartConferenceRecording",
        }
    }
}

/// `status`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum RecordingStatus {
    /// in-progress
    InProgress,
    /// paused
    Paused,
    /// stopped: its file is not whole yet
    Stopped,
    /// completed
    Completed,
    /// absent: nothing was heard
    Absent,
    /// It could not be written.
    Failed,
}

impl RecordingStatus {
    /// Whether something is still to come.
    #[must_use]
    pub fn is_live(self) -> bool {
        matches!(self, Self::InProgress | Self::Paused | Self::Stopped)
    }
}

/// What an order of the API asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewRecording {
    /// Two channels.
    pub dual: bool,
    /// Which direction of a call.
    pub track: Track,
    /// The rest.
    pub wish: RecordWish,
}

/// `Status` of an update.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum RecordingUpdate {
    /// paused
    Pause(confab_terms::PauseBehavior),
    /// in-progress
    Resume,
    /// stopped
    Stop,
}

/// How the writing of a recording ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum RecordingEnd {
    /// The file is whole.
    Written {
        /// How long it is.
        duration_ms: u64,
        /// So much was lost on its way to the disk; silence stands for it.
        lost_ms: u64,
        /// Size of the file.
        bytes: u64,
    },
    /// Nothing was heard: there is no file.
    Absent,
    /// The disk refused. What had been written is there.
    Failed {
        /// How long that is.
        duration_ms: u64,
        /// What the system said.
        message: String,
    },
}
