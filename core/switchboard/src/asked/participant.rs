//! Participants: list, fetch, update, remove.

use confab_conference::{Key, LeaveReason, Refusal as Rule, Status, Update};
use confab_terms::{ConferenceSid, Now, RequestId};

use super::{answer, room, slot};
use crate::flow;
use crate::program;
use crate::{ParticipantView, Refusal, Reply, Switchboard};

pub(super) fn fetch(
    board: &Switchboard,
    conference: ConferenceSid,
    key: &Key,
) -> Result<Reply, Refusal> {
    Ok(Reply::Participant {
        participant: Box::new(view(board, conference, key)?),
        applied_tick: None,
    })
}

fn view(
    board: &Switchboard,
    conference: ConferenceSid,
    key: &Key,
) -> Result<ParticipantView, Refusal> {
    let state = room(board, conference)?.conference.participant(key)?;
    Ok(ParticipantView {
        conference,
        state: state.clone(),
    })
}

pub(super) fn list(board: &Switchboard, conference: ConferenceSid) -> Result<Reply, Refusal> {
    let seated = room(board, conference)?.conference.participants();
    Ok(Reply::Participants(
        seated
            .map(|state| ParticipantView {
                conference,
                state: state.clone(),
            })
            .collect(),
    ))
}

pub(super) fn update(
    board: &mut Switchboard,
    now: Now,
    request: RequestId,
    conference: ConferenceSid,
    key: &Key,
    update: &Update,
) {
    match try_update(board, now, conference, key, update) {
        Ok((number, reply)) => {
            flow::reply_when_applied(board, now, conference, number, request, reply);
        }
        Err(refusal) => answer(board, request, Err(refusal)),
    }
}

/// Executes an update as a whole or not at all: limits first, then rules, then room.
fn try_update(
    board: &mut Switchboard,
    now: Now,
    conference: ConferenceSid,
    key: &Key,
    update: &Update,
) -> Result<(Option<u64>, Reply), Refusal> {
    slot(board, conference)?;
    if room(board, conference)?.conference.status() == Status::Completed {
        return Err(Rule::Completed.into());
    }
    let announces = update.announce_url.as_ref().is_some_and(|u| !u.is_empty());
    if announces {
        let call = view(board, conference, key)?.state.call;
        program::announcement_slot(board, call)?;
    }
    let Some(room) = board.rooms.get_mut(conference) else {
        return Err(Refusal::NoSuchConference(conference));
    };
    let effects = room.conference.update(key, update, now.wall)?;
    let reply = fetch(board, conference, key)?;
    let number = flow::carry_out(board, now, conference, effects);
    Ok((number, reply))
}

pub(super) fn remove(
    board: &mut Switchboard,
    now: Now,
    request: RequestId,
    conference: ConferenceSid,
    key: &Key,
) {
    let call = slot(board, conference).and_then(|()| view(board, conference, key));
    let call = match call {
        Ok(view) => view.state.call,
        Err(refusal) => return answer(board, request, Err(refusal)),
    };
    let before = room(board, conference).map_or(0, |room| room.issued);
    // The reply must be pending before the leave of the last participant closes the room.
    flow::reply_when_applied(
        board,
        now,
        conference,
        Some(before + 1),
        request,
        Reply::Removed,
    );
    flow::leave(board, now, call, LeaveReason::UpdatedViaApi);
    let changed = board
        .rooms
        .get(conference)
        .is_some_and(|room| room.issued > before);
    if !changed {
        flow::reply_now(board, conference, request);
    }
}
