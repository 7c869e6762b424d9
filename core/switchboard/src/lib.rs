//! Owner of live calls: a sans-IO state machine with inputs through `handle(now, input)` and
//! outputs through `poll_output()`. Connects sip, cxml and conference, and sends commands to media
//! threads.

mod api;
mod call_callback;
mod calls;
mod config;
mod cookies;
mod input;
mod inputs;
mod interpreter;
mod log_event;
mod notice;
mod notifications;
mod output;
mod recording;
mod requests;
mod row;
mod state;
mod switchboard;
mod view;

pub use api::{CallUpdate, EndWish, NewCall, NextDocument, Refusal, Reply, Request};
pub use call_callback::{CallCallback, CallEvent};
/// Types of the conference rules in requests and replies.
pub use confab_conference as conference;
/// Range of a measured value of a call's audio.
pub use confab_media::Spread;
/// Registration row of the store.
pub use confab_sip::Registration;
/// SIP access rules, part of [`Config`].
pub use confab_sip::{
    Access, Account, CallLimits, CountryCode, Gateway, IdentityRules, Nat, Secret, Trunk,
};
/// SIP types of inputs and outputs.
pub use confab_sip::{ConnectionEvent, ConnectionId, ConnectionOrder, Lookup, Target, Transport};
pub use config::Config;
pub use cookies::{Cookie, Cookies};
pub use input::{DecodeError, FetchError, Fetched, Input};
pub use log_event::{CallEnd, News};
pub use notice::{Exchange, Notice, Severity};
pub use notifications::{MendedRecording, OpenRows};
pub use output::{About, Fetch, FetchKind, Output, TimeOuts};
pub use recording::{
    NewRecording, RecordingEnd, RecordingOf, RecordingSource, RecordingStatus, RecordingUpdate,
    RecordingView,
};
pub use row::{CallRow, ConferenceRow, OwedCallback, RowChange, SeatRow};
pub use state::{Counters, Leftovers};
pub use switchboard::Switchboard;
pub use view::{
    AudibilityView, CallAudio, CallDirection, CallStatus, CallView, ConferenceView, ParticipantView,
};
