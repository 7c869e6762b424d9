//! Recordings as the API shows and the store keeps them, and reports of the recording writer.

use confab_conference::{RecordWish, RecordingCallback};
use confab_terms::{AccountSid, CallSid, ConferenceSid, RecordingSid, Track, WallTime};
use serde::{Deserialize, Serialize};

/// Recording. The writer keeps the audio in a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordingView {
    /// Sid of the recording.
    pub sid: RecordingSid,
    /// The account.
    pub account: AccountSid,
    /// Subject: a call or a conference.
    pub of: RecordingOf,
    /// Participant whose `<Conference record>` began the recording of a conference.
    pub wished_by: Option<CallSid>,
    /// Number of channels: 1 or 2.
    pub channels: u8,
    /// Recorded direction of a call.
    pub track: Track,
    /// Origin of the recording.
    pub source: RecordingSource,
    /// Status of the recording.
    pub status: RecordingStatus,
    /// True if silence at both ends is removed.
    pub trim: bool,
    /// Time of the request, which is the beginning.
    pub date_created: WallTime,
    /// Time of the last change.
    pub date_updated: WallTime,
    /// Time at which the file was complete.
    pub end_time: Option<WallTime>,
    /// Duration; 0 until the file is complete.
    pub duration_ms: u64,
    /// Error code of a failed recording.
    pub error: Option<u32>,
    /// Receiver of the recording's events.
    pub callback: Option<RecordingCallback>,
}

/// Subject of a recording.
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
    /// `Record=true` of an outbound call.
    OutboundApi,
    /// `<Record>`.
    Record,
    /// REST request for a call in progress.
    StartCallRecording,
    /// REST request for a conference in progress.
    StartConferenceRecording,
}

impl RecordingSource {
    /// Returns SignalWire's spelling.
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
    /// stopped: the file is not complete
    Stopped,
    /// completed
    Completed,
    /// absent: no audio was recorded
    Absent,
    /// failed: the file could not be written
    Failed,
}

impl RecordingStatus {
    /// Returns whether the file is not complete yet.
    #[must_use]
    pub fn is_live(self) -> bool {
        matches!(self, Self::InProgress | Self::Paused | Self::Stopped)
    }
}

/// Settings of a requested recording.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewRecording {
    /// True for two channels.
    pub dual: bool,
    /// Recorded direction of a call.
    pub track: Track,
    /// Further settings, common to calls and conferences.
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

/// Result of writing a recording.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum RecordingEnd {
    /// The file is complete.
    Written {
        /// Duration of the recording.
        duration_ms: u64,
        /// Duration of audio lost before the disk and replaced by silence.
        lost_ms: u64,
        /// Size of the file.
        bytes: u64,
    },
    /// No audio was recorded, and no file exists.
    Absent,
    /// Writing failed. The file contains the audio written before.
    Failed {
        /// Duration of the written audio.
        duration_ms: u64,
        /// Error text of the operating system.
        message: String,
    },
}
