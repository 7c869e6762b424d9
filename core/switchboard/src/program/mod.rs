//! Interpreter of documents: the call's own document, hold or wait music, and announcements. The
//! state is a position in a document and one pending operation.

mod announcement;
mod ask;
mod dial;
mod document;
mod hold;
mod keys;
mod music;
mod record;
mod running;
mod sent_on;
mod shared;
mod sound;
mod step;

pub(crate) use announcement::{
    Announcing, announce, announcement_slot, next_announcement, stop_announcements,
};
pub(crate) use ask::time_outs;
pub(crate) use dial::{DialOutcome, dial_over, farewell};
pub(crate) use document::{ask_document, call_is_up, document_too_late, pause_over, run_document};
pub(crate) use hold::drop_audio;
pub(crate) use keys::{press_first, run_first};
pub(crate) use music::{Music, music_grace_over, round_over, start_music, stop_music};
pub(crate) use record::{LastWord, enough, farewell_recorded, key, not_written, voice, written};
pub(crate) use running::Flow;
pub(crate) use sent_on::{Next, send_on};
pub(crate) use shared::{Shared, decoded_for_all, fetched_for_all};
pub(crate) use sound::{decoded, player_ended};
pub(crate) use step::fetched;

use confab_terms::{CallSid, Now};

use crate::Switchboard;
use crate::live::Role;

/// Stops all documents of an ended call, with their pending operations.
pub(crate) fn stop_all(board: &mut Switchboard, now: Now, call: CallSid) {
    stop_music(board, call);
    stop_announcements(board, now, call);
    record::hung_up(board, call);
    running::forget_question(board, call, Role::Document);
}
