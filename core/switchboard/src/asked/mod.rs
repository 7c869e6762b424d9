//! REST requests, one file per resource. Each request gets one reply.

mod audibility;
mod call;
mod callee;
mod conference;
mod new_call;
mod participant;
mod recording;

use confab_terms::{ConferenceSid, Now, RequestId};

use crate::live::Room;
use crate::{Output, Refusal, Reply, Request, Switchboard};

pub(crate) use audibility::told_audibility;

pub(crate) fn asked(board: &mut Switchboard, now: Now, request: RequestId, what: Request) {
    match what {
        Request::UpdateParticipant {
            conference,
            key,
            update,
        } => participant::update(board, now, request, conference, &key, &update),
        Request::FetchParticipant { conference, key } => {
            let reply = participant::fetch(board, conference, &key);
            answer(board, request, reply);
        }
        Request::ListParticipants { conference } => {
            let reply = participant::list(board, conference);
            answer(board, request, reply);
        }
        Request::RemoveParticipant { conference, key } => {
            participant::remove(board, now, request, conference, &key);
        }
        Request::ListConferences => {
            let reply = conference::list(board);
            answer(board, request, Ok(reply));
        }
        Request::FetchConference { conference } => {
            let reply = conference::fetch(board, conference);
            answer(board, request, reply);
        }
        Request::UpdateConference {
            conference,
            complete,
            announce,
        } => conference::update(board, now, request, conference, complete, announce.as_ref()),
        Request::FetchCall { call } => {
            let reply = call::fetch(board, call);
            answer(board, request, reply);
        }
        Request::ListCalls => {
            let reply = call::list(board);
            answer(board, request, Ok(reply));
        }
        Request::CreateCall(wish) => {
            let reply = new_call::create(board, now, &wish);
            answer(board, request, reply);
        }
        Request::UpdateCall { call, update } => call::update(board, now, request, call, &update),
        Request::StartRecording { of, wish } => {
            let reply = recording::start(board, now, of, wish);
            answer(board, request, reply);
        }
        Request::UpdateRecording {
            of,
            recording,
            update,
        } => {
            let reply = recording::update(board, now, of, recording, update);
            answer(board, request, reply);
        }
        Request::TellAudibility { conference } => {
            audibility::ask(board, now, request, conference);
        }
    }
}

/// Sends a reply at once.
fn answer(board: &mut Switchboard, request: RequestId, reply: Result<Reply, Refusal>) {
    let reply = reply.unwrap_or_else(Reply::Refused);
    board.send(Output::Reply { request, reply });
}

fn room(board: &Switchboard, conference: ConferenceSid) -> Result<&Room, Refusal> {
    board
        .rooms
        .get(conference)
        .ok_or(Refusal::NoSuchConference(conference))
}

/// Refuses a request while too many changes to the room's thread are unapplied. Checked before the
/// first change.
fn slot(board: &mut Switchboard, conference: ConferenceSid) -> Result<(), Refusal> {
    let thread = room(board, conference)?.thread;
    if board.rooms.unapplied(thread) < confab_terms::limits::MEDIA_COMMANDS_MAX as u64 {
        return Ok(());
    }
    board.counted.updates_busy += 1;
    Err(Refusal::Busy)
}
