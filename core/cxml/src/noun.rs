//! `<Conference>`: destination of a dialed call, and settings of the participant.

use confab_terms::{Method, Track};
use serde::{Deserialize, Serialize};

/// Value of `beep`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Beep {
    /// `true`
    Both,
    /// `false`
    Never,
    /// `onEnter`
    OnEnter,
    /// `onExit`
    OnExit,
}

/// Word of `statusCallbackEvent`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum EventWord {
    /// `start`
    Start,
    /// `end`
    End,
    /// `join`
    Join,
    /// `leave`
    Leave,
    /// `mute`
    Mute,
    /// `hold`
    Hold,
    /// `modify`
    Modify,
    /// `speaker`
    Speaker,
    /// `announcement`
    Announcement,
}

impl EventWord {
    pub(crate) fn parse(word: &str) -> Option<Self> {
        Some(match word.to_ascii_lowercase().as_str() {
            "start" => Self::Start,
            "end" => Self::End,
            "join" => Self::Join,
            "leave" => Self::Leave,
            "mute" => Self::Mute,
            "hold" => Self::Hold,
            "modify" => Self::Modify,
            "speaker" => Self::Speaker,
            "announcement" => Self::Announcement,
            _ => return None,
        })
    }
}

/// `<Conference>` with defaults filled in; texts as written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConferenceNoun {
    /// Friendly name, trimmed; never empty. The conference checks the length.
    pub name: String,
    /// True if the participant joins muted.
    pub muted: bool,
    /// Beep setting; `None` if not written (the default is `Both`, but not for a coach).
    pub beep: Option<Beep>,
    /// Call to coach, as written; never empty.
    pub coach: Option<String>,
    /// True if the conference starts when the participant joins; default true.
    pub start_conference_on_enter: bool,
    /// True if the conference ends when the participant leaves; default false.
    pub end_conference_on_exit: bool,
    /// Maximum number of participants, at least 1.
    pub max_participants: Option<u32>,
    /// URL of the wait music: empty for silence, absent for the built-in music.
    pub wait_url: Option<String>,
    /// Method of the request to `wait_url`; POST when absent.
    pub wait_method: Method,
    /// Label of the participant, as written; never empty.
    pub participant_label: Option<String>,
    /// URL of conference events; never empty.
    pub status_callback: Option<String>,
    /// Method of the requests to `status_callback`; POST when absent.
    pub status_callback_method: Method,
    /// Subscribed events, sorted, without duplicates.
    pub status_callback_events: Vec<EventWord>,
    /// URL of the end event; never empty.
    pub event_callback_url: Option<String>,
    /// Recording settings of `record-from-start`.
    pub record: Option<Recording>,
}

/// Settings of a recording; texts as written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recording {
    /// True for `trim-silence`.
    pub trim: bool,
    /// True for one channel per direction of a call. Always false for a conference.
    pub dual: bool,
    /// Recorded directions of a call.
    pub track: Track,
    /// URL of recording events; never empty.
    pub status_callback: Option<String>,
    /// Method of the requests to `status_callback`; POST when absent.
    pub status_callback_method: Method,
    /// Subscribed events; empty: the default.
    pub status_callback_events: Vec<RecordingEvent>,
}

/// Word of `recordingStatusCallbackEvent`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum RecordingEvent {
    /// `in-progress`
    InProgress,
    /// `completed`
    Completed,
    /// `absent`, or `failed`
    Absent,
}

impl RecordingEvent {
    pub(crate) fn parse(word: &str) -> Option<Self> {
        Some(match word.to_ascii_lowercase().as_str() {
            "in-progress" => Self::InProgress,
            "completed" => Self::Completed,
            "absent" | "failed" => Self::Absent,
            _ => return None,
        })
    }
}

impl Default for ConferenceNoun {
    fn default() -> Self {
        Self {
            name: String::new(),
            muted: false,
            beep: None,
            coach: None,
            start_conference_on_enter: true,
            end_conference_on_exit: false,
            max_participants: None,
            wait_url: None,
            wait_method: Method::Post,
            participant_label: None,
            status_callback: None,
            status_callback_method: Method::Post,
            status_callback_events: Vec::new(),
            event_callback_url: None,
            record: None,
        }
    }
}
