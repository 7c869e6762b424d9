//! Join of a conference: a call is expected once its document names the conference, and seated once
//! the call is established.

use confab_conference::{Conference, LeaveReason, ParticipantState, Refusal, Settings};
use confab_terms::{CallSid, ConferenceSid, Now, limits};

use super::{place, speech};
use crate::flow;
use crate::live::{DialWish, Room, Seat, Timer};
use crate::program::{self, DialOutcome};
use crate::{Output, Switchboard};

/// Reason of a failed join.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum NotJoined {
    /// Refusal by the conference rules.
    Refused(Refusal),
    /// Limit of conferences reached, or the call or conference no longer exists.
    TooMany,
}

/// Registers a call as expected, and opens the conference if needed. `take_seat` follows once the
/// call is established.
pub(crate) fn join(
    board: &mut Switchboard,
    now: Now,
    call: CallSid,
    name: &str,
    settings: Settings,
    dial: DialWish,
) -> Result<ConferenceSid, NotJoined> {
    let Some(leg) = board.calls.get(call).map(|c| c.leg) else {
        return Err(NotJoined::TooMany);
    };
    let conference = match board.rooms.named(name) {
        Some(conference) => conference,
        None => open(board, now, call, (name, &settings))?,
    };
    let expected = match board.rooms.get_mut(conference) {
        Some(room) => {
            let rules = &mut room.conference;
            rules.expect(call, leg, settings.clone(), now.wall)
        }
        None => return Err(NotJoined::TooMany),
    };
    if let Err(refusal) = expected {
        close_if_empty(board, conference);
        return Err(NotJoined::Refused(refusal));
    }
    if let Some(call) = board.calls.get_mut(call) {
        call.seat = Some(Seat {
            conference,
            since: None,
            settings: Box::new(settings),
            dial,
        });
    }
    Ok(conference)
}

fn open(
    board: &mut Switchboard,
    now: Now,
    by: CallSid,
    (name, settings): (&str, &Settings),
) -> Result<ConferenceSid, NotJoined> {
    if board.rooms.len() >= limits::CONFERENCES_MAX {
        return Err(NotJoined::TooMany);
    }
    let sid = board.names.conference();
    let room = board.names.room();
    let thread = place::thread_for_room(board, by);
    board.counted.conferences_total += 1;
    board.rooms.insert(Room {
        conference: Conference::new(sid, name.to_owned(), settings, now.wall)
            .with_customs(board.config.customs),
        room,
        thread,
        issued: 0,
        applied: 0,
        since: now.instant,
        waiting: Vec::new(),
        asks: Vec::new(),
        end: None,
        over: false,
        recording: None,
        file: None,
        row: None,
    });
    board.send(Output::Media {
        thread,
        command: confab_media::Command::OpenRoom {
            room,
            rate: confab_terms::Rate::default(),
        },
    });
    Ok(sid)
}

/// Seats an established call. After an error the caller handles the remaining `Seat` of the call.
pub(crate) fn take_seat(board: &mut Switchboard, now: Now, sid: CallSid) -> Result<(), NotJoined> {
    let Some(seat) = board.calls.get_mut(sid).and_then(|c| c.seat.as_mut()) else {
        return Ok(());
    };
    let conference = seat.conference;
    place::bring_leg(board, sid, conference);
    let Some(seat) = board.calls.get_mut(sid).and_then(|c| c.seat.as_mut()) else {
        return Ok(());
    };
    let (limit, record) = (seat.dial.time_limit, seat.dial.record.clone());
    let Some(room) = board.rooms.get_mut(conference) else {
        return Err(NotJoined::TooMany);
    };
    match room.conference.seat(sid, now.wall) {
        Ok(effects) => {
            seat.since = Some(now.instant);
            if let Some(limit) = limit {
                board.timers.set(Timer::TimeLimit(sid), now.instant + limit);
            }
            flow::carry_out(board, now, conference, effects);
            speech::ask(board, conference);
            if let Some(wish) = record {
                flow::record_dialled(board, now, sid, wish);
            }
            Ok(())
        }
        Err(refusal) => {
            let effects = room.conference.leave(sid, LeaveReason::AddFailed, now.wall);
            flow::carry_out(board, now, conference, effects);
            close_if_empty(board, conference);
            Err(NotJoined::Refused(refusal))
        }
    }
}

/// Closes a conference that no call has joined.
pub(crate) fn close_if_empty(board: &mut Switchboard, conference: ConferenceSid) {
    let is_empty = board
        .rooms
        .get(conference)
        .is_some_and(|room| !room.over && room.conference.is_empty());
    if is_empty {
        flow::close(board, conference);
    }
}

/// Registers an expected call in the next conference of the same name, because its conference has
/// ended. The call keeps its present `muted` and `endConferenceOnExit`. A held or coaching call is
/// not registered again, because all participants of the new conference would hear that call.
pub(super) fn expect_again(
    board: &mut Switchboard,
    now: Now,
    expected: &ParticipantState,
    name: &str,
) {
    let sid = expected.call;
    let Some(seat) = board.calls.get_mut(sid).and_then(|c| c.seat.take()) else {
        return;
    };
    let settings = Settings {
        muted: expected.muted,
        end_conference_on_exit: expected.end_conference_on_exit,
        ..(*seat.settings).clone()
    };
    let is_ordinary = !expected.coaching && !expected.hold;
    let is_expected =
        is_ordinary && join(board, now, sid, name, settings, seat.dial.clone()).is_ok();
    if !is_expected {
        program::dial_over(board, now, sid, &seat, DialOutcome::Failed);
    }
}
