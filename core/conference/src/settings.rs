//! Settings of a joining participant: the attributes of `<Conference>`.

use confab_terms::{CallSid, Method};
use serde::{Deserialize, Serialize};

use crate::RecordWish;

/// Absolute http(s) URL and the method of its request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Url {
    /// URL as given, fragment included.
    pub url: String,
    /// GET or POST.
    pub method: Method,
}

/// Music for a held or waiting participant.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Music {
    /// The built-in music.
    #[default]
    BuiltIn,
    /// Silence: an empty `WaitUrl=` or `HoldUrl=`.
    Silence,
    /// Audio or a document of the application.
    From(Url),
}

/// Value of `beep`: tones at join and leave.
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

/// Word of `statusCallbackEvent`.
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

/// Callback for a conference's events; the first participant's setting applies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Callback {
    /// URL and method.
    pub to: Url,
    /// Subscribed events; empty: no events are sent.
    pub events: Vec<EventWord>,
}

/// Attributes of `<Conference>`, defaults filled in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    /// True if the participant joins muted.
    pub muted: bool,
    /// Tones at join and leave.
    pub beep: BeepWish,
    /// True if `beep` was written explicitly and so applies to a coach, too.
    pub beep_is_explicit: bool,
    /// Call that the participant coaches from the join on.
    pub coach: Option<CallSid>,
    /// True if the participant may start the conference; default true.
    pub start_conference_on_enter: bool,
    /// True if the conference ends when the participant leaves; default false.
    pub end_conference_on_exit: bool,
    /// Maximum number of participants. `None`: `Customs::participants_max`.
    /// `limits::PARTICIPANTS_MAX` always applies.
    pub max_participants: Option<u32>,
    /// Music before the start of the conference.
    pub wait: Music,
    /// Label, a second key for the participant's path.
    pub label: Option<String>,
    /// Callback for events, used if the participant is the first.
    pub status_callback: Option<Callback>,
    /// URL of the callback at the end (SignalWire's `eventCallbackUrl`).
    pub event_callback_url: Option<String>,
    /// Recording settings of `record-from-start`, used if the participant is the first.
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
