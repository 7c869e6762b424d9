//! Which media thread a call's leg is on: that of its room, if it is known when the leg is opened;
//! else one that has little to do, and that of its room once it is seated there.

use confab_media::Command;
use confab_terms::{CallSid, ConferenceSid};

use crate::live::Replaces;
use crate::{Output, Switchboard};

/// Where the leg of a call that has none yet belongs.
pub(super) fn thread_for(board: &Switchboard, sid: CallSid) -> u16 {
    let call = board.calls.get(sid);
    let expected_in = call.and_then(|call| match call.replaces {
        Some(Replaces::Seat(old)) => board.calls.get(old)?.seated_in(),
        _ => call.seat.as_ref().map(|seat| seat.conference),
    });
    let room = expected_in.and_then(|conference| board.rooms.get(conference));
    room.map_or_else(|| board.threads.idlest(), |room| room.thread)
}

/// Asks for a leg there.
pub(crate) fn open_leg_on(board: &mut Switchboard, sid: CallSid, thread: u16) {
    let Some(call) = board.calls.get_mut(sid) else {
        return;
    };
    call.thread = thread;
    let leg = call.leg;
    board.threads.opens_leg(thread);
    board.send(Output::OpenLeg { leg, thread });
}

/// Where a new conference goes: to whoever is up and opens it, so that nobody has to move.
pub(super) fn thread_for_room(board: &Switchboard, opened_by: CallSid) -> u16 {
    let call = board.calls.get(opened_by).filter(|call| call.is_up());
    let there = call.map(|call| call.thread);
    there
        .filter(|&thread| !board.threads.is_overloaded(thread))
        .unwrap_or_else(|| board.threads.idlest())
}

/// The leg of a call that is to be seated there goes to the room's thread. What is ordered from now
/// on finds it there.
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

/// Takes the leg back, if one was asked for.
pub(super) fn remove_leg(board: &mut Switchboard, leg: confab_terms::LegId, thread: u16) {
    board.threads.loses_leg(thread);
    let command = Command::RemoveLeg { leg };
    board.send(Output::Media { thread, command });
}
