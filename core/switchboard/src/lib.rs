//! The owner of live calls. Whatever happens comes in by `handle(now, input)`; whatever is to be
//! done goes out by `poll_output()`. It joins sip, cxml and conference, and orders media about.

mod api;
mod asked;
mod call_callback;
mod config;
mod cookies;
mod flow;
mod handle;
mod input;
mod live;
mod news;
mod notice;
mod output;
mod program;
mod recording;
mod restart;
mod row;
mod switchboard;
mod tell;
mod view;

pub use api::{CallUpdate, EndWish, NewCall, NextDocument, Refusal, Reply, Request};
pub use call_callback::{CallCallback, CallEvent};
/// The words of the rules that a question or an answer carries.
pub use confab_conference as conference;
/// Values of a call's audio.
pub use confab_media::Spread;
/// Registrations, which the store keeps.
pub use confab_sip::Registration;
/// Who may call: part of what the switchboard is told at its start.
pub use confab_sip::{
    Access, Account, CallLimits, CountryCode, Gateway, IdentityRules, Nat, Secret, Trunk,
};
/// The words of SIP that inputs and outputs carry.
pub use confab_sip::{ConnectionEvent, ConnectionId, ConnectionOrder, Lookup, Target, Transport};
pub use config::Config;
pub use cookies::{Cookie, Cookies};
pub use input::{DecodeError, FetchError, Fetched, Input};
pub use live::{Counters, Leftovers};
pub use news::{CallEnd, News};
pub use notice::{Exchange, Notice, Severity};
pub use output::{About, Fetch, FetchKind, Output, TimeOuts};
pub use recording::{
    NewRecording, RecordingEnd, RecordingOf, RecordingSource, RecordingStatus, RecordingUpdate,
    RecordingView,
};
pub use restart::{MendedRecording, OpenRows};
pub use row::{CallRow, ConferenceRow, OwedCallback, RowChange, SeatRow};
pub use switchboard::Switchboard;
pub use view::{
    AudibilityView, CallAudio, CallDirection, CallStatus, CallView, ConferenceView, ParticipantView,
};
