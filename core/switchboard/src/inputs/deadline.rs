//! Handling of due timers.

use confab_conference::LeaveReason;
use confab_terms::Now;

use crate::CallEnd;
use crate::Switchboard;
use crate::calls;
use crate::interpreter;
use crate::notifications;
use crate::state::Timer;

pub(crate) fn deadline(switchboard: &mut Switchboard, now: Now, timer: Timer) {
    match timer {
        Timer::Document(call) => interpreter::document_timeout(switchboard, now, call),
        Timer::SdpLookup(call) => super::not_resolved(switchboard, now, call),
        Timer::Pause(call) => interpreter::pause_ended(switchboard, now, call),
        Timer::Ringing(call) => super::ringing_timeout(switchboard, now, call),
        Timer::TimeLimit(call) => calls::leave(switchboard, now, call, LeaveReason::HungUp),
        Timer::CallLimit(call) => calls::end_call(switchboard, now, call, CallEnd::WeHangUp),
        Timer::RecordSilence(call) | Timer::RecordLength(call) => {
            interpreter::recording_limit_reached(switchboard, now, call);
        }
        Timer::RecordFile(call) => interpreter::file_timeout(switchboard, now, call),
        Timer::MusicGrace(call) => interpreter::music_grace_elapsed(switchboard, call),
        Timer::MusicRestart(call) => interpreter::restart_music(switchboard, now, call),
        Timer::Reply(conference, request) => calls::not_confirmed(switchboard, conference, request),
        Timer::RoomClose(conference) => calls::close(switchboard, conference),
        Timer::ConferenceEndFile(recording) => {
            notifications::send_conference_end(switchboard, now, recording, None);
        }
        Timer::LegFigures(leg) => notifications::figures_received(switchboard, now, leg, None),
        Timer::Alive => notifications::store_alive(switchboard, now),
    }
}
