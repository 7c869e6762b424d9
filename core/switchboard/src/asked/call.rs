//! Calls: list, fetch, end, redirect to another document.

use confab_conference::LeaveReason;
use confab_terms::{CallSid, ConferenceSid, Now, RequestId};

use super::{answer, slot};
use crate::CallEnd;
use crate::flow;
use crate::program::{self, Next};
use crate::{CallUpdate, CallView, EndWish, NextDocument, Refusal, Reply, Switchboard};

/// Returns the live calls, newest first.
pub(super) fn list(board: &Switchboard) -> Reply {
    let account = board.config.account;
    let mut views: Vec<CallView> = board.calls.all().map(|call| call.view(account)).collect();
    views.sort_by_key(|view| core::cmp::Reverse((view.date_created, view.sid)));
    Reply::Calls(views)
}

pub(super) fn fetch(board: &Switchboard, sid: CallSid) -> Result<Reply, Refusal> {
    let call = board.calls.get(sid).ok_or(Refusal::NoSuchCall(sid))?;
    Ok(Reply::Call(Box::new(call.view(board.config.account))))
}

/// Updates a call. The reply waits until the room of the call has applied the leave.
pub(super) fn update(
    board: &mut Switchboard,
    now: Now,
    request: RequestId,
    sid: CallSid,
    update: &CallUpdate,
) {
    let seat = board.calls.get(sid).and_then(|call| call.seat.as_ref());
    let conference = seat.map(|seat| seat.conference);
    let before = conference.map_or(0, |conference| issued(board, conference));
    match try_update(board, now, sid, update, conference) {
        Ok(reply) => {
            let left = conference.filter(|conference| issued(board, *conference) > before);
            match left {
                Some(conference) => {
                    let number = Some(issued(board, conference));
                    flow::reply_when_applied(board, now, conference, number, request, reply);
                }
                None => answer(board, request, Ok(reply)),
            }
        }
        Err(refusal) => answer(board, request, Err(refusal)),
    }
}

fn issued(board: &Switchboard, conference: ConferenceSid) -> u64 {
    board.rooms.get(conference).map_or(0, |room| room.issued)
}

/// Executes an update as a whole or not at all: all refusals are checked before the first change.
fn try_update(
    board: &mut Switchboard,
    now: Now,
    sid: CallSid,
    update: &CallUpdate,
    conference: Option<ConferenceSid>,
) -> Result<Reply, Refusal> {
    let call = board.calls.get(sid).ok_or(Refusal::NoSuchCall(sid))?;
    let ends = match update.end {
        Some(EndWish::Completed) => true,
        Some(EndWish::Canceled) => !call.is_answered(),
        None => false,
    };
    let next = update.next.as_ref().map(next).transpose()?;
    if let Some(conference) = conference.filter(|_| ends || next.is_some()) {
        slot(board, conference)?;
    }
    if let Some(call) = board.calls.get_mut(sid) {
        if update.fallback.is_some() {
            call.fallback.clone_from(&update.fallback);
            call.fallbacks = 0;
        }
        if update.status_callback.is_some() {
            call.status_callback.clone_from(&update.status_callback);
        }
        call.time_limit = update.time_limit.or(call.time_limit);
    }
    if update.time_limit.is_some() {
        flow::limit_duration(board, now, sid);
    }
    if ends {
        let view = flow::finish_call(board, now, sid, CallEnd::EndedViaApi);
        let view = view.ok_or(Refusal::NoSuchCall(sid))?;
        return Ok(Reply::Call(Box::new(view)));
    }
    let waits = board.calls.get_mut(sid).filter(|call| !call.is_answered());
    let outgoing = waits.and_then(|call| call.outgoing.as_mut());
    if let (Some(outgoing), Some(first), None) = (outgoing, &update.next, update.end) {
        // The new document runs after the answer.
        outgoing.first.clone_from(first);
        return fetch(board, sid);
    }
    if let Some(next) = next.filter(|_| update.end.is_none()) {
        flow::take_out(board, now, sid, LeaveReason::UpdatedViaApi);
        if let Some(call) = board.calls.get_mut(sid) {
            call.times.updated = now.wall;
        }
        let reply = fetch(board, sid)?;
        program::send_on(board, now, sid, next);
        return Ok(reply);
    }
    fetch(board, sid)
}

pub(super) fn next(wish: &NextDocument) -> Result<Next, Refusal> {
    Next::of(wish).map_err(|malformed| Refusal::BadDocument {
        code: malformed.code(),
        message: malformed.to_string(),
    })
}
