//! What applications are told: the fields of requests, webhooks, notices.

mod callback;
mod event;
pub(crate) mod fields;
mod notice;
mod words;

pub(crate) use callback::{call_over, callback_to};
pub(crate) use event::event;
pub(crate) use notice::{notice, notice_of_call};
