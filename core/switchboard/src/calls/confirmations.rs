//! Reports of applied changes: pending replies are sent, and the room of an ended conference is
//! closed.

use confab_media::Command;
use confab_terms::{ConferenceSid, Now, RequestId, limits};

use crate::state::{PendingReply, Timer};
use crate::{Output, Refusal, Reply, Switchboard};

/// Sends a reply after the room has applied a change; at once without a change. After
/// `APPLIED_WAIT` the reply becomes `NotConfirmed`.
pub(crate) fn reply_when_applied(
    switchboard: &mut Switchboard,
    now: Now,
    conference: ConferenceSid,
    number: Option<u64>,
    request: RequestId,
    reply: Reply,
) {
    let (Some(number), Some(room)) = (number, switchboard.rooms.get_mut(conference)) else {
        switchboard.send(Output::Reply { request, reply });
        return;
    };
    room.pending_replies.push(PendingReply {
        number,
        request,
        reply,
    });
    switchboard.timers.set(
        Timer::Reply(conference, request),
        now.instant + limits::APPLIED_WAIT,
    );
}

pub(crate) fn applied(
    switchboard: &mut Switchboard,
    conference: ConferenceSid,
    number: u64,
    tick: u64,
) {
    let Some(room) = switchboard.rooms.get_mut(conference) else {
        return;
    };
    room.applied = room.applied.max(number.min(room.issued));
    let (due, waiting) = core::mem::take(&mut room.pending_replies)
        .into_iter()
        .partition(|w| w.number <= number);
    room.pending_replies = waiting;
    let due: Vec<PendingReply> = due;
    let is_done = room.ended && room.unapplied() == 0;
    for PendingReply { request, reply, .. } in due {
        switchboard.timers.cancel(Timer::Reply(conference, request));
        let reply = with_tick(reply, tick);
        switchboard.send(Output::Reply { request, reply });
    }
    if is_done {
        close(switchboard, conference);
    }
}

/// Sends a pending reply at once, because no change was needed.
pub(crate) fn reply_now(
    switchboard: &mut Switchboard,
    conference: ConferenceSid,
    request: RequestId,
) {
    let Some(room) = switchboard.rooms.get_mut(conference) else {
        return;
    };
    let Some(at) = room
        .pending_replies
        .iter()
        .position(|w| w.request == request)
    else {
        return;
    };
    let reply = room.pending_replies.remove(at).reply;
    switchboard.timers.cancel(Timer::Reply(conference, request));
    switchboard.send(Output::Reply { request, reply });
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
    switchboard: &mut Switchboard,
    conference: ConferenceSid,
    request: RequestId,
) {
    let Some(room) = switchboard.rooms.get_mut(conference) else {
        return;
    };
    room.pending_replies.retain(|w| w.request != request);
    room.audibility_requests
        .retain(|ask| ask.request != request);
    switchboard.counters.updates_not_confirmed += 1;
    let reply = Reply::Refused(Refusal::NotConfirmed);
    switchboard.send(Output::Reply { request, reply });
}

/// Closes the room of a conference that has ended or that no call joined.
pub(crate) fn close(switchboard: &mut Switchboard, conference: ConferenceSid) {
    let Some(room) = switchboard.rooms.remove(conference) else {
        return;
    };
    switchboard.timers.cancel(Timer::RoomClose(conference));
    switchboard.send(Output::Media {
        thread: room.thread,
        command: Command::CloseRoom { room: room.room },
    });
    for PendingReply { request, reply, .. } in room.pending_replies {
        switchboard.timers.cancel(Timer::Reply(conference, request));
        // A removal or a call's update is complete even without a confirmation of the room.
        let reply = match reply {
            Reply::Removed | Reply::Call(_) => reply,
            _ => Reply::Refused(Refusal::NotConfirmed),
        };
        switchboard.send(Output::Reply { request, reply });
    }
    for ask in room.audibility_requests {
        switchboard
            .timers
            .cancel(Timer::Reply(conference, ask.request));
        let reply = Reply::Refused(Refusal::NoSuchConference(conference));
        switchboard.send(Output::Reply {
            request: ask.request,
            reply,
        });
    }
}
