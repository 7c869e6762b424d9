//! The rules of a conference: who hears whom, who starts it, who ends it. Calls and updates come
//! in, effects go out. Nothing here knows a sample, a packet or a clock that it reads itself.

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
