//! Handling of due timers.

use confab_conference::LeaveReason;
use confab_terms::Now;

use crate::CallEnd;
use crate::Switchboard;
use crate::flow;
use crate::live::Timer;
use crate::program;
use crate::tell;

pub(crate) fn deadline(board: &mut Switchboard, now: Now, timer: Timer) {
    match timer {
        Timer::Document(call) => program::document_too_late(board, now, call),
        Timer::Names(call) => super::not_resolved(board, now, call),
        Timer::Pause(call) => program::pause_over(board, now, call),
        Timer::Ringing(call) => super::rang_too_long(board, now, call),
        Timer::TimeLimit(call) => flow::leave(board, now, call, LeaveReason::HungUp),
        Timer::CallLimit(call) => flow::end_call(board, now, call, CallEnd::WeHangUp),
        Timer::Silence(call) | Timer::Length(call) => program::enough(board, now, call),
        Timer::Written(call) => program::not_written(board, now, call),
        Timer::MusicGrace(call) => program::music_grace_over(board, call),
        Timer::Round(call) => program::round_over(board, now, call),
        Timer::Reply(conference, request) => flow::not_confirmed(board, conference, request),
        Timer::Close(conference) => flow::close(board, conference),
        Timer::Ended(recording) => tell::end_recorded(board, now, recording, None),
        Timer::Parting(leg) => tell::parted(board, now, leg, None),
        Timer::Alive => flow::store_alive(board, now),
    }
}
