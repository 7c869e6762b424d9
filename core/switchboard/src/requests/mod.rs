//! REST requests, one file per resource. Each request gets one reply.

mod audibility;
mod call;
mod callee;
mod conference;
mod new_call;
mod participant;
mod recording;

use confab_terms::{ConferenceSid, Now, RequestId};

use crate::state::Room;
use crate::{Output, Refusal, Reply, Request, Switchboard};

pub(crate) use audibility::audibility_reported;

pub(crate) fn handle(switchboard: &mut Switchboard, now: Now, request: RequestId, what: Request) {
    match what {
        Request::UpdateParticipant {
            conference,
            key,
            update,
        } => participant::update(switchboard, now, request, conference, &key, &update),
        Request::FetchParticipant { conference, key } => {
            let reply = participant::fetch(switchboard, conference, &key);
            answer(switchboard, request, reply);
        }
        Request::ListParticipants { conference } => {
            let reply = participant::list(switchboard, conference);
            answer(switchboard, request, reply);
        }
        Request::RemoveParticipant { conference, key } => {
            participant::remove(switchboard, now, request, conference, &key);
        }
        Request::ListConferences => {
            let reply = conference::list(switchboard);
            answer(switchboard, request, Ok(reply));
        }
        Request::FetchConference { conference } => {
            let reply = conference::fetch(switchboard, conference);
            answer(switchboard, request, reply);
        }
        Request::UpdateConference {
            conference,
            complete,
            announce,
        } => conference::update(
            switchboard,
            now,
            request,
            conference,
            complete,
            announce.as_ref(),
        ),
        Request::FetchCall { call } => {
            let reply = call::fetch(switchboard, call);
            answer(switchboard, request, reply);
        }
        Request::ListCalls => {
            let reply = call::list(switchboard);
            answer(switchboard, request, Ok(reply));
        }
        Request::CreateCall(wish) => {
            let reply = new_call::create(switchboard, now, &wish);
            answer(switchboard, request, reply);
        }
        Request::UpdateCall { call, update } => {
            call::update(switchboard, now, request, call, &update);
        }
        Request::StartRecording { of, wish } => {
            let reply = recording::start(switchboard, now, of, wish);
            answer(switchboard, request, reply);
        }
        Request::UpdateRecording {
            of,
            recording,
            update,
        } => {
            let reply = recording::update(switchboard, now, of, recording, update);
            answer(switchboard, request, reply);
        }
        Request::TellAudibility { conference } => {
            audibility::ask(switchboard, now, request, conference);
        }
    }
}

/// Sends a reply at once.
fn answer(switchboard: &mut Switchboard, request: RequestId, reply: Result<Reply, Refusal>) {
    let reply = reply.unwrap_or_else(Reply::Refused);
    switchboard.send(Output::Reply { request, reply });
}

fn room(switchboard: &Switchboard, conference: ConferenceSid) -> Result<&Room, Refusal> {
    switchboard
        .rooms
        .get(conference)
        .ok_or(Refusal::NoSuchConference(conference))
}

/// Refuses a request while too many changes to the room's thread are unapplied. Checked before the
/// first change.
fn slot(switchboard: &mut Switchboard, conference: ConferenceSid) -> Result<(), Refusal> {
    let thread = room(switchboard, conference)?.thread;
    if switchboard.rooms.unapplied(thread) < confab_terms::limits::MEDIA_COMMANDS_MAX as u64 {
        return Ok(());
    }
    switchboard.counters.updates_busy += 1;
    Err(Refusal::Busy)
}
