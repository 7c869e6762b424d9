//! Notifications: fields of requests, webhooks, notices and log events.

mod call_event;
mod callback;
mod conference_event;
pub(crate) mod fields;
mod log;
mod notice;
mod recording;
mod restart;
mod rows;
mod vendor_words;

pub(crate) use call_event::{
    call_created, call_ended, call_event, end_fields, event_fields, figures_received, of_figures,
    recording_fields,
};
pub(crate) use callback::{callback, callback_to};
pub(crate) use conference_event::{EventFields, event, file_fields, send_conference_end};
pub(crate) use log::news;
pub(crate) use notice::{limited, notice, notice_of_call};
pub(crate) use recording::{
    NOT_WRITTEN, recording, recording_failed, recording_lost, recording_refused, recording_url,
    url_of,
};
pub use restart::{MendedRecording, OpenRows};
pub(crate) use rows::{conference_end_row, ended_call_row, store_alive, store_rows};
