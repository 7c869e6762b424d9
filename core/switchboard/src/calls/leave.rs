//! Leave of a conference: the call continues with the action of `<Dial>`, else with the next verb.

use confab_conference::LeaveReason;
use confab_terms::{CallSid, ConferenceSid, Now};

use super::join::close_if_empty;
use crate::Switchboard;
use crate::calls;
use crate::interpreter::{self, DialOutcome};
use crate::state::{Seat, Timer};

/// Removes a call from its conference and executes the effects. The call continues with its
/// document, unless the call has ended.
pub(crate) fn leave(switchboard: &mut Switchboard, now: Now, sid: CallSid, reason: LeaveReason) {
    let Some(conference) = switchboard.calls.get(sid).and_then(|c| c.seat.as_ref()) else {
        return;
    };
    let conference = conference.conference;
    let Some(room) = switchboard.rooms.get_mut(conference) else {
        return;
    };
    let effects = room.conference.leave(sid, reason, now.wall);
    calls::execute_effects(switchboard, now, conference, effects);
    // An expected call leaves without effects: continue its document here.
    left(switchboard, now, sid, conference);
    close_if_empty(switchboard, conference);
}

/// Removes a call from its conference without continuing its document, because the caller sets the
/// next document.
pub(crate) fn remove_without_action(
    switchboard: &mut Switchboard,
    now: Now,
    sid: CallSid,
    reason: LeaveReason,
) {
    let Some(call) = switchboard.calls.get_mut(sid) else {
        return;
    };
    // Removing the seat first keeps `left` from continuing the document.
    let Some(seat) = call.seat.take() else {
        return;
    };
    let conference = seat.conference;
    if let Some(room) = switchboard.rooms.get_mut(conference) {
        let effects = room.conference.leave(sid, reason, now.wall);
        calls::execute_effects(switchboard, now, conference, effects);
    }
    switchboard.timers.cancel(Timer::TimeLimit(sid));
    calls::stop_dial_recording(switchboard, now, sid);
    interpreter::stop_music(switchboard, sid);
    interpreter::stop_announcements(switchboard, now, sid);
    close_if_empty(switchboard, conference);
}

/// Continues a call that has left this conference, once.
pub(crate) fn left(
    switchboard: &mut Switchboard,
    now: Now,
    sid: CallSid,
    conference: ConferenceSid,
) {
    let Some(seat) = take_seat_from(switchboard, now, sid, conference) else {
        return;
    };
    let is_over = switchboard
        .calls
        .get(sid)
        .is_none_or(|c| c.times.ended.is_some());
    if is_over {
        interpreter::request_final_action(switchboard, now, sid, &seat);
    } else {
        interpreter::dial_ended(switchboard, now, sid, &seat, DialOutcome::left(now, &seat));
    }
}

fn take_seat_from(
    switchboard: &mut Switchboard,
    now: Now,
    sid: CallSid,
    conference: ConferenceSid,
) -> Option<Seat> {
    let call = switchboard.calls.get_mut(sid)?;
    if call.seat.as_ref()?.conference != conference {
        return None;
    }
    let seat = call.seat.take();
    switchboard.timers.cancel(Timer::TimeLimit(sid));
    calls::stop_dial_recording(switchboard, now, sid);
    interpreter::stop_music(switchboard, sid);
    interpreter::stop_announcements(switchboard, now, sid);
    seat
}
