//! Audibility requests: the report of the room is compared with the rules. A media thread executes
//! commands in order, so the report covers exactly the changes sent before the request. The rules
//! at that time are kept for the comparison.

use std::collections::BTreeMap;

use confab_conference::{Because, Conference};
use confab_media::Command;
use confab_terms::{CallSid, ConferenceSid, LegId, Now, RequestId, limits};

use super::answer;
use crate::state::{AudibilityRequest, Comparison, Room, Timer};
use crate::{AudibilityView, Output, Refusal, Reply, Switchboard};

pub(super) fn ask(
    switchboard: &mut Switchboard,
    now: Now,
    request: RequestId,
    conference: ConferenceSid,
) {
    let Some(room) = switchboard
        .rooms
        .get_mut(conference)
        .filter(|room| !room.ended)
    else {
        let refusal = Refusal::NoSuchConference(conference);
        return answer(switchboard, request, Err(refusal));
    };
    if room.audibility_requests.len() >= limits::AUDIBILITY_QUESTIONS_MAX {
        return answer(switchboard, request, Err(Refusal::Busy));
    }
    room.audibility_requests.push(AudibilityRequest {
        request,
        rules: room.conference.clone(),
    });
    let (id, thread) = (room.room, room.thread);
    let timer = Timer::Reply(conference, request);
    switchboard
        .timers
        .set(timer, now.instant + limits::APPLIED_WAIT);
    switchboard.send(Output::Media {
        thread,
        command: Command::TellAudibility { room: id, request },
    });
}

/// Handles the report of the room.
pub(crate) fn audibility_reported(
    switchboard: &mut Switchboard,
    request: RequestId,
    tick: u64,
    pairs: &[(LegId, LegId, bool)],
) {
    let Some((conference, ask)) = switchboard
        .rooms
        .iter_mut()
        .find_map(|room| take(room, request))
    else {
        switchboard.counters.stale_answers += 1;
        return;
    };
    switchboard.timers.cancel(Timer::Reply(conference, request));
    let reply = match compare(&ask.rules, tick, pairs) {
        Comparison::Agreed(view) => Reply::Audibility(view),
        Comparison::Disagreed { listener, speaker } => {
            switchboard.counters.disagreements += 1;
            Reply::Refused(Refusal::Disagreement { listener, speaker })
        }
    };
    switchboard.send(Output::Reply { request, reply });
}

fn take(room: &mut Room, request: RequestId) -> Option<(ConferenceSid, AudibilityRequest)> {
    let at = room
        .audibility_requests
        .iter()
        .position(|ask| ask.request == request)?;
    Some((room.sid(), room.audibility_requests.remove(at)))
}

/// Compares every ordered pair of the rules with the report of the room.
fn compare(rules: &Conference, tick: u64, pairs: &[(LegId, LegId, bool)]) -> Comparison {
    let mut told: BTreeMap<(LegId, LegId), bool> = pairs
        .iter()
        .map(|(listener, speaker, audible)| ((*listener, *speaker), *audible))
        .collect();
    let seated: Vec<(CallSid, LegId)> = rules.participants().map(|p| (p.call, p.leg)).collect();
    let mut view = AudibilityView {
        conference: rules.sid(),
        tick,
        pairs: Vec::with_capacity(told.len()),
    };
    for (listener, listens) in &seated {
        for (speaker, speaks) in &seated {
            if listener == speaker {
                continue;
            }
            let because = rules.because(*listener, *speaker);
            let told = told.remove(&(*listens, *speaks));
            let audible = told.unwrap_or(false);
            if audible != (because == Because::Heard) {
                return Comparison::Disagreed {
                    listener: *listener,
                    speaker: *speaker,
                };
            }
            view.pairs.push((*listener, *speaker, audible, because));
        }
    }
    match told.into_iter().find(|(_, audible)| *audible) {
        None => Comparison::Agreed(view),
        Some((pair, _)) => unknown_pair(&seated, pair),
    }
}

/// Returns a disagreement about a leg that the rules do not contain. The unknown call gets an
/// all-zero sid.
fn unknown_pair(seated: &[(CallSid, LegId)], (listener, speaker): (LegId, LegId)) -> Comparison {
    let call = |leg: LegId| {
        let known = seated.iter().find(|(_, of)| *of == leg);
        known.map_or(CallSid::from_random(0), |(call, _)| *call)
    };
    Comparison::Disagreed {
        listener: call(listener),
        speaker: call(speaker),
    }
}
