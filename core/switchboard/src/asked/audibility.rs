//! Audibility requests: the report of the room is compared with the rules. A media thread executes
//! commands in order, so the report covers exactly the changes sent before the request. The rules
//! at that time are kept for the comparison.

use std::collections::BTreeMap;

use confab_conference::{Because, Conference};
use confab_media::Command;
use confab_terms::{CallSid, ConferenceSid, LegId, Now, RequestId, limits};

use super::answer;
use crate::live::{Ask, Room, Timer, Verdict};
use crate::{AudibilityView, Output, Refusal, Reply, Switchboard};

pub(super) fn ask(
    board: &mut Switchboard,
    now: Now,
    request: RequestId,
    conference: ConferenceSid,
) {
    let Some(room) = board.rooms.get_mut(conference).filter(|room| !room.over) else {
        let refusal = Refusal::NoSuchConference(conference);
        return answer(board, request, Err(refusal));
    };
    if room.asks.len() >= limits::AUDIBILITY_QUESTIONS_MAX {
        return answer(board, request, Err(Refusal::Busy));
    }
    room.asks.push(Ask {
        request,
        rules: room.conference.clone(),
    });
    let (id, thread) = (room.room, room.thread);
    let timer = Timer::Reply(conference, request);
    board.timers.set(timer, now.instant + limits::APPLIED_WAIT);
    board.send(Output::Media {
        thread,
        command: Command::TellAudibility { room: id, request },
    });
}

/// Handles the report of the room.
pub(crate) fn told_audibility(
    board: &mut Switchboard,
    request: RequestId,
    tick: u64,
    pairs: &[(LegId, LegId, bool)],
) {
    let Some((conference, ask)) = board.rooms.iter_mut().find_map(|room| take(room, request))
    else {
        board.counted.stale_answers += 1;
        return;
    };
    board.timers.cancel(Timer::Reply(conference, request));
    let reply = match compare(&ask.rules, tick, pairs) {
        Verdict::Agreed(view) => Reply::Audibility(view),
        Verdict::Disagreed { listener, speaker } => {
            board.counted.disagreements += 1;
            Reply::Refused(Refusal::Disagreement { listener, speaker })
        }
    };
    board.send(Output::Reply { request, reply });
}

fn take(room: &mut Room, request: RequestId) -> Option<(ConferenceSid, Ask)> {
    let at = room.asks.iter().position(|ask| ask.request == request)?;
    Some((room.sid(), room.asks.remove(at)))
}

/// Compares every ordered pair of the rules with the report of the room.
fn compare(rules: &Conference, tick: u64, pairs: &[(LegId, LegId, bool)]) -> Verdict {
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
                return Verdict::Disagreed {
                    listener: *listener,
                    speaker: *speaker,
                };
            }
            view.pairs.push((*listener, *speaker, audible, because));
        }
    }
    match told.into_iter().find(|(_, audible)| *audible) {
        None => Verdict::Agreed(view),
        Some((pair, _)) => stranger(&seated, pair),
    }
}

/// Returns a disagreement about a leg that the rules do not contain. The unknown call gets an
/// all-zero sid.
fn stranger(seated: &[(CallSid, LegId)], (listener, speaker): (LegId, LegId)) -> Verdict {
    let call = |leg: LegId| {
        let known = seated.iter().find(|(_, of)| *of == leg);
        known.map_or(CallSid::from_random(0), |(call, _)| *call)
    };
    Verdict::Disagreed {
        listener: call(listener),
        speaker: call(speaker),
    }
}
