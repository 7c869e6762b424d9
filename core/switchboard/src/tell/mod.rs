//! Notifications: fields of requests, webhooks, notices and log events.

mod call_event;
mod callback;
mod event;
pub(crate) mod fields;
mod news;
mod notice;
mod recording;
mod words;

pub(crate) use call_event::{
    call_began, call_event, call_over, end_fields, event_fields, of_figures, parted,
    recording_fields,
};
pub(crate) use callback::{callback, callback_to};
pub(crate) use event::{EventFields, end_recorded, event, file_fields};
pub(crate) use news::news;
pub(crate) use notice::{limited, notice, notice_of_call};
pub(crate) use recording::{
    NOT_WRITTEN, not_recorded, recording, recording_failed, recording_lost, recording_url, url_of,
};
