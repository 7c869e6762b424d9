//! Interpreter of documents: the call's own document, hold or wait music, and announcements. The
//! state is a position in a document and one pending operation.

mod announcement;
mod conference_announcement;
mod dial;
mod document;
mod execution;
mod fetched;
mod http_request;
mod music;
mod playback;
mod record;
mod redirect_call;
mod send_digits;
mod sound_refs;

pub(crate) use announcement::{
    Announcements, announce, announcement_slot, next_announcement, stop_announcements,
};
pub(crate) use conference_announcement::{
    ConferenceAnnouncements, decoded_for_all, fetched_for_all,
};
pub(crate) use dial::{DialOutcome, dial_ended, request_final_action};
pub(crate) use document::{
    call_established, document_timeout, pause_ended, request_document, run_document,
};
pub(crate) use execution::Execution;
pub(crate) use fetched::fetched;
pub(crate) use http_request::time_outs;
pub(crate) use music::{Music, music_grace_elapsed, restart_music, start_music, stop_music};
pub(crate) use playback::{decoded, player_ended};
pub(crate) use record::{
    DeferredAction, digit_pressed, file_complete, file_timeout, recording_complete_after_end,
    recording_limit_reached, speech_changed,
};
pub(crate) use redirect_call::{Next, redirect_call};
pub(crate) use send_digits::{run_first_document, send_initial_digits};
pub(crate) use sound_refs::drop_audio;

use confab_terms::{CallSid, Now};

use crate::Switchboard;
use crate::state::DocumentRole;

/// Stops all documents of an ended call, with their pending operations.
pub(crate) fn stop_all(switchboard: &mut Switchboard, now: Now, call: CallSid) {
    stop_music(switchboard, call);
    stop_announcements(switchboard, now, call);
    record::hung_up(switchboard, call);
    execution::cancel_pending(switchboard, call, DocumentRole::Document);
}
