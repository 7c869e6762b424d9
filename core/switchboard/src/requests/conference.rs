//! Conferences: list, fetch, complete, announce to all.

use confab_conference::{Refusal as Rule, Status, Url};
use confab_terms::{AccountSid, ConferenceSid, Now, RequestId};

use super::{answer, room, slot};
use crate::state::Room;
use crate::{ConferenceView, Refusal, Reply, Switchboard, calls, interpreter};

impl ConferenceView {
    pub(crate) fn of(room: &Room, account: AccountSid) -> Self {
        let rules = &room.conference;
        Self {
            sid: rules.sid(),
            account,
            friendly_name: rules.friendly_name().to_owned(),
            status: rules.status(),
            date_created: rules.date_created(),
            date_updated: rules.date_updated(),
            end_reason: room.end.as_ref().map(|(reason, _)| *reason),
            call_ending: room.end.as_ref().and_then(|(_, call)| *call),
        }
    }
}

/// Returns the live conferences, newest first.
pub(super) fn list(switchboard: &Switchboard) -> Reply {
    let account = switchboard.config.account;
    let mut views: Vec<ConferenceView> = switchboard
        .rooms
        .live()
        .map(|room| ConferenceView::of(room, account))
        .collect();
    views.sort_by(|a, b| b.date_created.cmp(&a.date_created).then(a.sid.cmp(&b.sid)));
    Reply::Conferences(views)
}

pub(super) fn fetch(
    switchboard: &Switchboard,
    conference: ConferenceSid,
) -> Result<Reply, Refusal> {
    let room = room(switchboard, conference)?;
    Ok(Reply::Conference(ConferenceView::of(
        room,
        switchboard.config.account,
    )))
}

pub(super) fn update(
    switchboard: &mut Switchboard,
    now: Now,
    request: RequestId,
    conference: ConferenceSid,
    complete: bool,
    announce: Option<&Url>,
) {
    match try_update(switchboard, now, conference, complete, announce) {
        Ok((number, reply)) => {
            calls::reply_when_applied(switchboard, now, conference, number, request, reply);
        }
        Err(refusal) => answer(switchboard, request, Err(refusal)),
    }
}

/// Executes an update as a whole or not at all. With `complete`, the announcement is ignored. An
/// announcement is refused if the queue of any participant is full.
fn try_update(
    switchboard: &mut Switchboard,
    now: Now,
    conference: ConferenceSid,
    complete: bool,
    announce: Option<&Url>,
) -> Result<(Option<u64>, Reply), Refusal> {
    slot(switchboard, conference)?;
    if announce.is_some() && !complete {
        for participant in room(switchboard, conference)?.conference.participants() {
            interpreter::announcement_slot(switchboard, participant.call)?;
        }
    }
    let Some(room) = switchboard.rooms.get_mut(conference) else {
        return Err(Refusal::NoSuchConference(conference));
    };
    if room.conference.status() == Status::Completed {
        return Err(Rule::Completed.into());
    }
    let effects = match announce {
        _ if complete => room.conference.complete(now.wall)?,
        Some(from) => room.conference.announce(from, now.wall)?,
        None => return Ok((None, fetch(switchboard, conference)?)),
    };
    room.note_end(&effects);
    let reply = fetch(switchboard, conference)?;
    let number = calls::execute_effects(switchboard, now, conference, effects);
    Ok((number, reply))
}
