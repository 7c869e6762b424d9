//! Media thread of a leg: the thread of the room if known at the leg's opening, else the least
//! loaded thread until the call is seated.

use confab_media::Command;
use confab_terms::{CallSid, ConferenceSid};

use crate::live::Replaces;
use crate::{Output, Switchboard};

/// Returns the media thread for the leg of a call.
pub(super) fn thread_for(board: &Switchboard, sid: CallSid) -> u16 {
    let call = board.calls.get(sid);
    let expected_in = call.and_then(|call| match call.replaces {
        Some(Replaces::Seat(old)) => board.calls.get(old)?.seated_in(),
        _ => call.seat.as_ref().map(|seat| seat.conference),
    });
    let room = expected_in.and_then(|conference| board.rooms.get(conference));
    room.map_or_else(|| board.threads.idlest(), |room| room.thread)
}

/// Requests a leg on a media thread.
pub(crate) fn open_leg_on(board: &mut Switchboard, sid: CallSid, thread: u16) {
    let Some(call) = board.calls.get_mut(sid) else {
        return;
    };
    call.thread = thread;
    let leg = call.leg;
    board.threads.opens_leg(thread);
    board.send(Output::OpenLeg { leg, thread });
}

/// Returns the media thread for a new room: the thread of the established opening call, so that no
/// leg moves, else the least loaded thread.
pub(super) fn thread_for_room(board: &Switchboard, opened_by: CallSid) -> u16 {
    let call = board.calls.get(opened_by).filter(|call| call.is_up());
    let there = call.map(|call| call.thread);
    there
        .filter(|&thread| !board.threads.is_overloaded(thread))
        .unwrap_or_else(|| board.threads.idlest())
}

/// Moves the leg of a call to the room's thread. Later commands for the leg go to that thread.
pub(super) fn bring_leg(board: &mut Switchboard, sid: CallSid, conference: ConferenceSid) {
    let Some(to) = board.rooms.get(conference).map(|room| room.thread) else {
        return;
    };
    let Some(call) = board.calls.get_mut(sid).filter(|call| call.thread != to) else {
        return;
    };
    let from = core::mem::replace(&mut call.thread, to);
    let (leg, recording) = (call.leg, call.recording);
    if let Some(recording) = recording.and_then(|sid| board.recordings.get_mut(sid)) {
        recording.thread = to;
    }
    board.threads.loses_leg(from);
    board.threads.opens_leg(to);
    board.counted.legs_moved += 1;
    board.send(Output::MoveLeg { leg, from, to });
}

/// Removes a requested or open leg.
pub(super) fn remove_leg(board: &mut Switchboard, leg: confab_terms::LegId, thread: u16) {
    board.threads.loses_leg(thread);
    let command = Command::RemoveLeg { leg };
    board.send(Output::Media { thread, command });
}
