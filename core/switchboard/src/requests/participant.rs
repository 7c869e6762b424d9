//! Participants: list, fetch, update, remove.

use confab_conference::{Key, LeaveReason, Refusal as Rule, Status, Update};
use confab_terms::{ConferenceSid, Now, RequestId};

use super::{answer, room, slot};
use crate::calls;
use crate::interpreter;
use crate::{ParticipantView, Refusal, Reply, Switchboard};

pub(super) fn fetch(
    switchboard: &Switchboard,
    conference: ConferenceSid,
    key: &Key,
) -> Result<Reply, Refusal> {
    Ok(Reply::Participant {
        participant: Box::new(view(switchboard, conference, key)?),
        applied_tick: None,
    })
}

fn view(
    switchboard: &Switchboard,
    conference: ConferenceSid,
    key: &Key,
) -> Result<ParticipantView, Refusal> {
    let state = room(switchboard, conference)?.conference.participant(key)?;
    Ok(ParticipantView {
        conference,
        state: state.clone(),
    })
}

pub(super) fn list(switchboard: &Switchboard, conference: ConferenceSid) -> Result<Reply, Refusal> {
    let seated = room(switchboard, conference)?.conference.participants();
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
    switchboard: &mut Switchboard,
    now: Now,
    request: RequestId,
    conference: ConferenceSid,
    key: &Key,
    update: &Update,
) {
    match try_update(switchboard, now, conference, key, update) {
        Ok((number, reply)) => {
            calls::reply_when_applied(switchboard, now, conference, number, request, reply);
        }
        Err(refusal) => answer(switchboard, request, Err(refusal)),
    }
}

/// Executes an update as a whole or not at all: limits first, then rules, then room.
fn try_update(
    switchboard: &mut Switchboard,
    now: Now,
    conference: ConferenceSid,
    key: &Key,
    update: &Update,
) -> Result<(Option<u64>, Reply), Refusal> {
    slot(switchboard, conference)?;
    if room(switchboard, conference)?.conference.status() == Status::Completed {
        return Err(Rule::Completed.into());
    }
    let announces = update.announce_url.as_ref().is_some_and(|u| !u.is_empty());
    if announces {
        let call = view(switchboard, conference, key)?.state.call;
        interpreter::announcement_slot(switchboard, call)?;
    }
    let Some(room) = switchboard.rooms.get_mut(conference) else {
        return Err(Refusal::NoSuchConference(conference));
    };
    let effects = room.conference.update(key, update, now.wall)?;
    let reply = fetch(switchboard, conference, key)?;
    let number = calls::execute_effects(switchboard, now, conference, effects);
    Ok((number, reply))
}

pub(super) fn remove(
    switchboard: &mut Switchboard,
    now: Now,
    request: RequestId,
    conference: ConferenceSid,
    key: &Key,
) {
    let call = slot(switchboard, conference).and_then(|()| view(switchboard, conference, key));
    let call = match call {
        Ok(view) => view.state.call,
        Err(refusal) => return answer(switchboard, request, Err(refusal)),
    };
    let before = room(switchboard, conference).map_or(0, |room| room.issued);
    // The reply must be pending before the leave of the last participant closes the room.
    calls::reply_when_applied(
        switchboard,
        now,
        conference,
        Some(before + 1),
        request,
        Reply::Removed,
    );
    calls::leave(switchboard, now, call, LeaveReason::UpdatedViaApi);
    let changed = switchboard
        .rooms
        .get(conference)
        .is_some_and(|room| room.issued > before);
    if !changed {
        calls::reply_now(switchboard, conference, request);
    }
}
