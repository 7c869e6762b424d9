//! Leave of a conference: the call continues with the action of `<Dial>`, else with the next verb.

use confab_conference::LeaveReason;
use confab_terms::{CallSid, ConferenceSid, Now};

use super::join::close_if_empty;
use crate::Switchboard;
use crate::flow;
use crate::live::{Seat, Timer};
use crate::program::{self, DialOutcome};

/// Removes a call from its conference and executes the effects. The call continues with its
/// document, unless the call has ended.
pub(crate) fn leave(board: &mut Switchboard, now: Now, sid: CallSid, reason: LeaveReason) {
    let Some(conference) = board.calls.get(sid).and_then(|c| c.seat.as_ref()) else {
        return;
    };
    let conference = conference.conference;
    let Some(room) = board.rooms.get_mut(conference) else {
        return;
    };
    let effects = room.conference.leave(sid, reason, now.wall);
    flow::carry_out(board, now, conference, effects);
    // An expected call leaves without effects: continue its document here.
    left(board, now, sid, conference);
    close_if_empty(board, conference);
}

/// Removes a call from its conference without continuing its document, because the caller sets the
/// next document.
pub(crate) fn take_out(board: &mut Switchboard, now: Now, sid: CallSid, reason: LeaveReason) {
    let Some(call) = board.calls.get_mut(sid) else {
        return;
    };
    // Removing the seat first keeps `left` from continuing the document.
    let Some(seat) = call.seat.take() else {
        return;
    };
    let conference = seat.conference;
    if let Some(room) = board.rooms.get_mut(conference) {
        let effects = room.conference.leave(sid, reason, now.wall);
        flow::carry_out(board, now, conference, effects);
    }
    board.timers.cancel(Timer::TimeLimit(sid));
    flow::stop_dial_recording(board, now, sid);
    program::stop_music(board, sid);
    program::stop_announcements(board, now, sid);
    close_if_empty(board, conference);
}

/// Continues a call that has left this conference, once.
pub(crate) fn left(board: &mut Switchboard, now: Now, sid: CallSid, conference: ConferenceSid) {
    let Some(seat) = give_up_seat(board, now, sid, conference) else {
        return;
    };
    let is_over = board.calls.get(sid).is_none_or(|c| c.times.ended.is_some());
    if is_over {
        program::farewell(board, now, sid, &seat);
    } else {
        program::dial_over(board, now, sid, &seat, DialOutcome::left(now, &seat));
    }
}

fn give_up_seat(
    board: &mut Switchboard,
    now: Now,
    sid: CallSid,
    conference: ConferenceSid,
) -> Option<Seat> {
    let call = board.calls.get_mut(sid)?;
    if call.seat.as_ref()?.conference != conference {
        return None;
    }
    let seat = call.seat.take();
    board.timers.cancel(Timer::TimeLimit(sid));
    flow::stop_dial_recording(board, now, sid);
    program::stop_music(board, sid);
    program::stop_announcements(board, now, sid);
    seat
}
