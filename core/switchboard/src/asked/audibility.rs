//! Who hears whom: the room is asked, and its answer compared with the rules as they were at the
//! change that the room had applied, so that a change on its way is no disagreement.

use std::collections::BTreeMap;

use confab_conference::{Because, Conference};
use confab_media::Command;
use confab_terms::{CallSid, ConferenceSid, LegId, Now, RequestId, limits};

use super::{answer, room};
use crate::live::{Ask, Timer, Verdict};
use crate::{AudibilityView, Output, Refusal, Reply, Switchboard};

pub(super) fn ask(
    board: &mut Switchboard,
    now: Now,
    request: RequestId,
    conference: ConferenceSid,
) {
    if let Err(refusal) = room(board, conference) {
        return answer(board, request, Err(refusal));
    }
    let Some(room) = board.rooms.get_mut(conference) else {
        return;
    };
    room.asks.push(Ask {
        request,
        after: room.issued,
        sent: false,
    });
    room.keep_rules();
    board.timers.set(
        Timer::Reply(conference, request),
        now.instant + limits::APPLIED_WAIT,
    );
    send_asks(board, conference);
}

/// Sends the questions whose change has been applied.
pub(crate) fn send_asks(board: &mut Switchboard, conference: ConferenceSid) {
    let Some(room) = board.rooms.get_mut(conference) else {
        return;
    };
    let (id, thread, applied) = (room.room, room.thread, room.applied);
    let mut requests = Vec::new();
    for ask in &mut room.asks {
        if !ask.sent && ask.after <= applied {
            ask.sent = true;
            requests.push(ask.request);
        }
    }
    for request in requests {
        board.send(Output::Media {
            thread,
            command: Command::TellAudibility { room: id, request },
        });
    }
}

/// The room has answered.
pub(crate) fn told_audibility(
    board: &mut Switchboard,
    request: RequestId,
    tick: u64,
    pairs: &[(LegId, LegId, bool)],
) {
    let asked = |room: &&mut crate::live::Room| room.asks.iter().any(|a| a.request == request);
    let Some(room) = board.rooms.iter_mut().find(asked) else {
        board.counted.stale_answers += 1;
        return;
    };
    let conference = room.sid();
    room.asks.retain(|ask| ask.request != request);
    let rules = room.rules.get(&room.applied).unwrap_or(&room.conference);
    let verdict = compare(rules, tick, pairs, |call| board.calls.get(call).is_some());
    room.forget_rules();
    board.timers.cancel(Timer::Reply(conference, request));
    let reply = match verdict {
        Verdict::Agreed(view) => Reply::Audibility(view),
        Verdict::Disagreed { listener, speaker } => {
            board.counted.disagreements += 1;
            Reply::Refused(Refusal::Disagreement { listener, speaker })
        }
    };
    board.send(Output::Reply { request, reply });
}

/// Every ordered pair of the rules, as the room has it.
fn compare(
    rules: &Conference,
    tick: u64,
    pairs: &[(LegId, LegId, bool)],
    is_live: impl Fn(CallSid) -> bool,
) -> Verdict {
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
            // The leg of a call that has just ended may be gone before its room's change holds.
            let audible = match told.remove(&(*listens, *speaks)) {
                Some(audible) => audible,
                None if !is_live(*listener) || !is_live(*speaker) => continue,
                None => false,
            };
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

/// Somebody in the room whom the rules do not know: named by whoever of the two they know.
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
