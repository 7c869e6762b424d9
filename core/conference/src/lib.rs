//! Rules of a conference: audibility, start and end. Calls and updates are inputs, effects are
//! outputs. Samples and packets are handled elsewhere, and time is passed in.

mod announce;
mod audibility;
mod beep;
mod coaching;
mod conference;
mod customs;
mod effects;
mod expect;
mod hand_over;
mod leave;
mod music;
mod participant;
mod recording;
mod refusal;
mod seat;
mod settings;
mod speech;
mod update;
mod webhook;

pub use audibility::Because;
pub use conference::{Conference, Key, Status};
pub use customs::Customs;
pub use effects::{
    Announcement, Beep, Effects, EndReason, Event, EventKind, Hears, LeaveReason, MusicKind,
};
pub use participant::ParticipantState;
pub use recording::{RecordWish, RecordingCallback, RecordingEvent};
pub use refusal::Refusal;
pub use settings::{BeepWish, Callback, EventWord, Music, Settings, Url};
pub use update::{Target, Update};
