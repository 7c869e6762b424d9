//! Reports of applied changes: pending replies are sent, and the room of an ended conference is
//! closed.

use confab_media::Command;
use confab_terms::{ConferenceSid, Now, RequestId, limits};

use crate::live::{Timer, Waiting};
use crate::{Output, Refusal, Reply, Switchboard};

/// Sends a reply after the room has applied a change; at once without a change. After
/// `APPLIED_WAIT` the reply becomes `NotConfirmed`.
pub(crate) fn reply_when_applied(
    board: &mut Switchboard,
    now: Now,
    conference: ConferenceSid,
    number: Option<u64>,
    request: RequestId,
    reply: Reply,
) {
    let (Some(number), Some(room)) = (number, board.rooms.get_mut(conference)) else {
        board.send(Output::Reply { request, reply });
        return;
    };
    room.waiting.push(Waiting {
        number,
        request,
        reply,
    });
    board.timers.set(
        Timer::Reply(conference, request),
        now.instant + limits::APPLIED_WAIT,
    );
}

pub(crate) fn applied(board: &mut Switchboard, conference: ConferenceSid, number: u64, tick: u64) {
    let Some(room) = board.rooms.get_mut(conference) else {
        return;
    };
    room.applied = room.applied.max(number.min(room.issued));
    let (due, waiting) = core::mem::take(&mut room.waiting)
        .into_iter()
        .partition(|w| w.number <= number);
    room.waiting = waiting;
    let due: Vec<Waiting> = due;
    let is_done = room.over && room.unapplied() == 0;
    for Waiting { request, reply, .. } in due {
        board.timers.cancel(Timer::Reply(conference, request));
        let reply = with_tick(reply, tick);
        board.send(Output::Reply { request, reply });
    }
    if is_done {
        close(board, conference);
    }
}

/// Sends a pending reply at once, because no change was needed.
pub(crate) fn reply_now(board: &mut Switchboard, conference: ConferenceSid, request: RequestId) {
    let Some(room) = board.rooms.get_mut(conference) else {
        return;
    };
    let Some(at) = room.waiting.iter().position(|w| w.request == request) else {
        return;
    };
    let reply = room.waiting.remove(at).reply;
    board.timers.cancel(Timer::Reply(conference, request));
    board.send(Output::Reply { request, reply });
}

fn with_tick(reply: Reply, tick: u64) -> Reply {
    match reply {
        Reply::Participant { participant, .. } => Reply::Participant {
            participant,
            applied_tick: Some(tick),
        },
        reply => reply,
    }
}

/// Refuses a request whose change the room did not confirm in time.
pub(crate) fn not_confirmed(
    board: &mut Switchboard,
    conference: ConferenceSid,
    request: RequestId,
) {
    let Some(room) = board.rooms.get_mut(conference) else {
        return;
    };
    room.waiting.retain(|w| w.request != request);
    room.asks.retain(|ask| ask.request != request);
    board.counted.updates_not_confirmed += 1;
    let reply = Reply::Refused(Refusal::NotConfirmed);
    board.send(Output::Reply { request, reply });
}

/// Closes the room of a conference that has ended or that no call joined.
pub(crate) fn close(board: &mut Switchboard, conference: ConferenceSid) {
    let Some(room) = board.rooms.remove(conference) else {
        return;
    };
    board.timers.cancel(Timer::Close(conference));
    board.send(Output::Media {
        thread: room.thread,
        command: Command::CloseRoom { room: room.room },
    });
    for Waiting { request, reply, .. } in room.waiting {
        board.timers.cancel(Timer::Reply(conference, request));
        // A removal or a call's update is complete even without a confirmation of the room.
        let reply = match reply {
            Reply::Removed | Reply::Call(_) => reply,
            _ => Reply::Refused(Refusal::NotConfirmed),
        };
        board.send(Output::Reply { request, reply });
    }
    for ask in room.asks {
        board.timers.cancel(Timer::Reply(conference, ask.request));
        let reply = Reply::Refused(Refusal::NoSuchConference(conference));
        board.send(Output::Reply {
            request: ask.request,
            reply,
        });
    }
}
