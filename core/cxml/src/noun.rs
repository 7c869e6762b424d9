//! `<Conference>`: where a call is dialled to, and what it brings along.

use confab_terms::{Method, Track};
use serde::{Deserialize, Serialize};

/// `beep`.
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

/// A word of `statusCallbackEvent`.
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

/// `<Conference>`, defaults filled in; texts as written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConferenceNoun {
    /// The friendly name, trimmed; never empty. Its length is for the conference to judge.
    pub name: String,
    /// Joins muted.
    pub muted: bool,
    /// `None`: not written (the default is both, but not for a coach).
    pub beep: Option<Beep>,
    /// The call to coach, as written; never empty.
    pub coach: Option<String>,
    /// Default true.
    pub start_conference_on_enter: bool,
    /// Default false.
    pub end_conference_on_exit: bool,
    /// At least 1.
    pub max_participants: Option<u32>,
    /// Empty is silence, absent the built-in music.
    pub wait_url: Option<String>,
    /// POST when absent.
    pub wait_method: Method,
    /// Another key for the participant, as written; never empty.
    pub participant_label: Option<String>,
    /// Whom to tell of events; never empty.
    pub status_callback: Option<String>,
    /// POST when absent.
    pub status_callback_method: Method,
    /// Of which events; sorted, no word twice.
    pub status_callback_events: Vec<EventWord>,
    /// Told of the end; never empty.
    pub event_callback_url: Option<String>,
    /// `record-from-start`.
    pub record: Option<Recording>,
}

/// What goes with `record`: texts as written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recording {
    /// `trim-silence`.
    pub trim: bool,
    /// What a call says on one channel, what it hears on the other. Never of a conference.
    pub dual: bool,
    /// Which of a call's directions.
    pub track: Track,
    /// Whom to tell of it; never empty.
    pub status_callback: Option<String>,
    /// POST when absent.
    pub status_callback_method: Method,
    /// Of which events; none: the default.
    pub status_callback_events: Vec<RecordingEvent>,
}

/// A word of `recordingStatusCallbackEvent`.
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
