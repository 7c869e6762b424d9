//! Media thread of a leg: the thread of the room if known at the leg's opening, else the least
//! loaded thread until the call is seated.

use confab_media::Command;
use confab_terms::{CallSid, ConferenceSid};

use crate::state::Replaces;
use crate::{Output, Switchboard};

/// Returns the media thread for the leg of a call.
pub(super) fn thread_for(switchboard: &Switchboard, sid: CallSid) -> u16 {
    let call = switchboard.calls.get(sid);
    let expected_in = call.and_then(|call| match call.replaces {
        Some(Replaces::Seat(old)) => switchboard.calls.get(old)?.seated_in(),
        _ => call.seat.as_ref().map(|seat| seat.conference),
    });
    let room = expected_in.and_then(|conference| switchboard.rooms.get(conference));
    room.map_or_else(|| switchboard.threads.least_loaded(), |room| room.thread)
}

/// Requests a leg on a media thread.
pub(crate) fn open_leg_on(switchboard: &mut Switchboard, sid: CallSid, thread: u16) {
    let Some(call) = switchboard.calls.get_mut(sid) else {
        return;
    };
    call.thread = thread;
    let leg = call.leg;
    switchboard.threads.add_leg(thread);
    switchboard.send(Output::OpenLeg { leg, thread });
}

/// Returns the media thread for a new room: the thread of the established opening call, so that no
/// leg moves, else the least loaded thread.
pub(super) fn thread_for_room(switchboard: &Switchboard, opened_by: CallSid) -> u16 {
    let call = switchboard.calls.get(opened_by).filter(|call| call.is_up());
    let there = call.map(|call| call.thread);
    there
        .filter(|&thread| !switchboard.threads.is_overloaded(thread))
        .unwrap_or_else(|| switchboard.threads.least_loaded())
}

/// Moves the leg of a call to the room's thread. Later commands for the leg go to that thread.
pub(super) fn move_leg_to_room(
    switchboard: &mut Switchboard,
    sid: CallSid,
    conference: ConferenceSid,
) {
    let Some(to) = switchboard.rooms.get(conference).map(|room| room.thread) else {
        return;
    };
    let Some(call) = switchboard
        .calls
        .get_mut(sid)
        .filter(|call| call.thread != to)
    else {
        return;
    };
    let from = core::mem::replace(&mut call.thread, to);
    let (leg, recording) = (call.leg, call.recording);
    if let Some(recording) = recording.and_then(|sid| switchboard.recordings.get_mut(sid)) {
        recording.thread = to;
    }
    switchboard.threads.remove_leg(from);
    switchboard.threads.add_leg(to);
    switchboard.counters.legs_moved += 1;
    switchboard.send(Output::MoveLeg { leg, from, to });
}

/// Removes a requested or open leg.
pub(super) fn remove_leg(switchboard: &mut Switchboard, leg: confab_terms::LegId, thread: u16) {
    switchboard.threads.remove_leg(thread);
    let command = Command::RemoveLeg { leg };
    switchboard.send(Output::Media { thread, command });
}
