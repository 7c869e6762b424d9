//! Calls: list, fetch, end, redirect to another document.

use confab_conference::LeaveReason;
use confab_terms::{CallSid, ConferenceSid, Now, RequestId};

use super::{answer, slot};
use crate::CallEnd;
use crate::calls;
use crate::interpreter::{self, Next};
use crate::{CallUpdate, CallView, EndWish, NextDocument, Refusal, Reply, Switchboard};

/// Returns the live calls, newest first.
pub(super) fn list(switchboard: &Switchboard) -> Reply {
    let account = switchboard.config.account;
    let mut views: Vec<CallView> = switchboard
        .calls
        .all()
        .map(|call| call.view(account))
        .collect();
    views.sort_by_key(|view| core::cmp::Reverse((view.date_created, view.sid)));
    Reply::Calls(views)
}

pub(super) fn fetch(switchboard: &Switchboard, sid: CallSid) -> Result<Reply, Refusal> {
    let call = switchboard.calls.get(sid).ok_or(Refusal::NoSuchCall(sid))?;
    Ok(Reply::Call(Box::new(call.view(switchboard.config.account))))
}

/// Updates a call. The reply waits until the room of the call has applied the leave.
pub(super) fn update(
    switchboard: &mut Switchboard,
    now: Now,
    request: RequestId,
    sid: CallSid,
    update: &CallUpdate,
) {
    let seat = switchboard
        .calls
        .get(sid)
        .and_then(|call| call.seat.as_ref());
    let conference = seat.map(|seat| seat.conference);
    let before = conference.map_or(0, |conference| issued(switchboard, conference));
    match try_update(switchboard, now, sid, update, conference) {
        Ok(reply) => {
            let left = conference.filter(|conference| issued(switchboard, *conference) > before);
            match left {
                Some(conference) => {
                    let number = Some(issued(switchboard, conference));
                    calls::reply_when_applied(switchboard, now, conference, number, request, reply);
                }
                None => answer(switchboard, request, Ok(reply)),
            }
        }
        Err(refusal) => answer(switchboard, request, Err(refusal)),
    }
}

fn issued(switchboard: &Switchboard, conference: ConferenceSid) -> u64 {
    switchboard
        .rooms
        .get(conference)
        .map_or(0, |room| room.issued)
}

/// Executes an update as a whole or not at all: all refusals are checked before the first change.
fn try_update(
    switchboard: &mut Switchboard,
    now: Now,
    sid: CallSid,
    update: &CallUpdate,
    conference: Option<ConferenceSid>,
) -> Result<Reply, Refusal> {
    let call = switchboard.calls.get(sid).ok_or(Refusal::NoSuchCall(sid))?;
    let ends = match update.end {
        Some(EndWish::Completed) => true,
        Some(EndWish::Canceled) => !call.is_answered(),
        None => false,
    };
    let next = update.next.as_ref().map(next).transpose()?;
    if let Some(conference) = conference.filter(|_| ends || next.is_some()) {
        slot(switchboard, conference)?;
    }
    if let Some(call) = switchboard.calls.get_mut(sid) {
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
        calls::limit_duration(switchboard, now, sid);
    }
    if ends {
        let view = calls::finish_call(switchboard, now, sid, CallEnd::EndedViaApi);
        let view = view.ok_or(Refusal::NoSuchCall(sid))?;
        return Ok(Reply::Call(Box::new(view)));
    }
    let waits = switchboard
        .calls
        .get_mut(sid)
        .filter(|call| !call.is_answered());
    let outgoing = waits.and_then(|call| call.outgoing.as_mut());
    if let (Some(outgoing), Some(first), None) = (outgoing, &update.next, update.end) {
        // The new document runs after the answer.
        outgoing.first.clone_from(first);
        return fetch(switchboard, sid);
    }
    if let Some(next) = next.filter(|_| update.end.is_none()) {
        calls::remove_without_action(switchboard, now, sid, LeaveReason::UpdatedViaApi);
        if let Some(call) = switchboard.calls.get_mut(sid) {
            call.times.updated = now.wall;
        }
        let reply = fetch(switchboard, sid)?;
        interpreter::redirect_call(switchboard, now, sid, next);
        return Ok(reply);
    }
    fetch(switchboard, sid)
}

pub(super) fn next(wish: &NextDocument) -> Result<Next, Refusal> {
    Next::of(wish).map_err(|malformed| Refusal::BadDocument {
        code: malformed.code(),
        message: malformed.to_string(),
    })
}
