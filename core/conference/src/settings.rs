//! What a participant brings along when it joins: the attributes of `<Conference>`.

use confab_terms::{CallSid, Method};
use serde::{Deserialize, Serialize};

use crate::RecordWish;

/// An absolute http(s) URL and the method to ask it with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Url {
    /// As it was given, fragment included.
    pub url: String,
    /// GET or POST.
    pub method: Method,
}

/// What is played to one who is held or waits.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Music {
    /// The built-in music.
    #[default]
    BuiltIn,
    /// `WaitUrl=` or `HoldUrl=`: nothing.
    Silence,
    /// Audio or a document of the application.
    From(Url),
}

/// `beep`: for whom the tones sound.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum BeepWish {
    /// `true`, the default of `<Conference>`.
    #[default]
    Both,
    /// `false`.
    Never,
    /// `onEnter`.
    OnEnter,
    /// `onExit`.
    OnExit,
}

/// A word of `statusCallbackEvent`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum EventWord {
    /// conference-start.
    Start,
    /// conference-end.
    End,
    /// participant-join.
    Join,
    /// participant-leave.
    Leave,
    /// participant-mute, participant-unmute.
    Mute,
    /// participant-hold, participant-unhold.
    Hold,
    /// participant-modify.
    Modify,
    /// participant-speech-start, participant-speech-stop.
    Speaker,
    /// announcement-end, announcement-fail.
    Announcement,
}

/// Where a conference's events go: the first participant's wish counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Callback {
    /// Whom to tell.
    pub to: Url,
    /// About what; nothing named, nothing sent.
    pub events: Vec<EventWord>,
}

/// The attributes of `<Conference>`, defaults filled in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    /// Joins muted.
    pub muted: bool,
    /// For whom the tones sound.
    pub beep: BeepWish,
    /// `beep` was written out, so it holds for a coach too.
    pub beep_is_explicit: bool,
    /// Joins coaching this call.
    pub coach: Option<CallSid>,
    /// Default true.
    pub start_conference_on_enter: bool,
    /// Default false.
    pub end_conference_on_exit: bool,
    /// None: no bound but `limits::PARTICIPANTS_MAX`.
    pub max_participants: Option<u32>,
    /// What it hears before the start.
    pub wait: Music,
    /// Another key for the participant's path.
    pub label: Option<String>,
    /// Where events go, if it is the first.
    pub status_callback: Option<Callback>,
    /// SW's `eventCallbackUrl`: told of the end.
    pub event_callback_url: Option<String>,
    /// `record-from-start`, if it is the first.
    pub record: Option<RecordWish>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            muted: false,
            beep: BeepWish::Both,
            beep_is_explicit: false,
            coach: None,
            start_conference_on_enter: true,
            end_conference_on_exit: false,
            max_participants: None,
            wait: Music::BuiltIn,
            label: None,
            status_callback: None,
            event_callback_url: None,
            record: None,
        }
    }
}
