//! The owner of live calls. Whatever happens comes in by `handle(now, input)`; whatever is to be
//! done goes out by `poll_output()`. It joins sip, cxml and conference, and orders media about.

mod api;
mod config;
mod input;
mod output;
mod view;

pub use api::{Refusal, Reply, Request};
pub use config::Config;
pub use input::{DecodeError, FetchError, Fetched, Input};
pub use output::{Fetch, FetchKind, Notice, Output, TimeOuts};
pub use view::{
    AudibilityView, CallDirection, CallStatus, CallView, ConferenceView, ParticipantView,
};
/// The words of the rules that a question or an answer carries.
pub use confab_conference as conference;
