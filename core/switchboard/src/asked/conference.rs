//! Conferences: list, fetch, complete, announce to all.

use confab_conference::{Refusal as Rule, Status, Url};
use confab_terms::{AccountSid, ConferenceSid, Now, RequestId};

use super::{answer, room, slot};
use crate::live::Room;
use crate::{ConferenceView, Refusal, Reply, Switchboard, flow, program};

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
pub(super) fn list(board: &Switchboard) -> Reply {
    let account = board.config.account;
    let mut views: Vec<ConferenceView> = board
        .rooms
        .live()
        .map(|room| ConferenceView::of(room, account))
        .collect();
    views.sort_by(|a, b| b.date_created.cmp(&a.date_created).then(a.sid.cmp(&b.sid)));
    Reply::Conferences(views)
}

pub(super) fn fetch(board: &Switchboard, conference: ConferenceSid) -> Result<Reply, Refusal> {
    let room = room(board, conference)?;
    Ok(Reply::Conference(ConferenceView::of(
        room,
        board.config.account,
    )))
}

pub(super) fn update(
    board: &mut Switchboard,
    now: Now,
    request: RequestId,
    conference: ConferenceSid,
    complete: bool,
    announce: Option<&Url>,
) {
    match try_update(board, now, conference, complete, announce) {
        Ok((number, reply)) => {
            flow::reply_when_applied(board, now, conference, number, request, reply);
        }
        Err(refusal) => answer(board, request, Err(refusal)),
    }
}

/// Executes an update as a whole or not at all. With `complete`, the announcement is ignored. An
/// announcement is refused if the queue of any participant is full.
fn try_update(
    board: &mut Switchboard,
    now: Now,
    conference: ConferenceSid,
    complete: bool,
    announce: Option<&Url>,
) -> Result<(Option<u64>, Reply), Refusal> {
    slot(board, conference)?;
    if announce.is_some() && !complete {
        for participant in room(board, conference)?.conference.participants() {
            program::announcement_slot(board, participant.call)?;
        }
    }
    let Some(room) = board.rooms.get_mut(conference) else {
        return Err(Refusal::NoSuchConference(conference));
    };
    if room.conference.status() == Status::Completed {
        return Err(Rule::Completed.into());
    }
    let effects = match announce {
        _ if complete => room.conference.complete(now.wall)?,
        Some(from) => room.conference.announce(from, now.wall)?,
        None => return Ok((None, fetch(board, conference)?)),
    };
    room.note_end(&effects);
    let reply = fetch(board, conference)?;
    let number = flow::carry_out(board, now, conference, effects);
    Ok((number, reply))
}
