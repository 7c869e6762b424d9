//! Join of a conference: a call is expected once its document names the conference, and seated once
//! the call is established.

use confab_conference::{Conference, LeaveReason, ParticipantState, Refusal, Settings};
use confab_terms::{CallSid, ConferenceSid, Now, limits};

use super::{media_thread, speech};
use crate::calls;
use crate::interpreter::{self, DialOutcome};
use crate::state::{DialSettings, Room, Seat, Timer};
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
    switchboard: &mut Switchboard,
    now: Now,
    call: CallSid,
    name: &str,
    settings: Settings,
    dial: DialSettings,
) -> Result<ConferenceSid, NotJoined> {
    let Some(leg) = switchboard.calls.get(call).map(|c| c.leg) else {
        return Err(NotJoined::TooMany);
    };
    let conference = match switchboard.rooms.named(name) {
        Some(conference) => conference,
        None => open(switchboard, now, call, (name, &settings))?,
    };
    let expected = match switchboard.rooms.get_mut(conference) {
        Some(room) => {
            let rules = &mut room.conference;
            rules.expect(call, leg, settings.clone(), now.wall)
        }
        None => return Err(NotJoined::TooMany),
    };
    if let Err(refusal) = expected {
        close_if_empty(switchboard, conference);
        return Err(NotJoined::Refused(refusal));
    }
    if let Some(call) = switchboard.calls.get_mut(call) {
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
    switchboard: &mut Switchboard,
    now: Now,
    by: CallSid,
    (name, settings): (&str, &Settings),
) -> Result<ConferenceSid, NotJoined> {
    if switchboard.rooms.len() >= limits::CONFERENCES_MAX {
        return Err(NotJoined::TooMany);
    }
    let sid = switchboard.ids.conference();
    let room = switchboard.ids.room();
    let thread = media_thread::thread_for_room(switchboard, by);
    switchboard.counters.conferences_total += 1;
    switchboard.rooms.insert(Room {
        conference: Conference::new(sid, name.to_owned(), settings, now.wall)
            .with_customs(switchboard.config.customs),
        room,
        thread,
        issued: 0,
        applied: 0,
        since: now.instant,
        pending_replies: Vec::new(),
        audibility_requests: Vec::new(),
        end: None,
        ended: false,
        recording: None,
        file: None,
        row: None,
    });
    switchboard.send(Output::Media {
        thread,
        command: confab_media::Command::OpenRoom {
            room,
            rate: confab_terms::Rate::default(),
        },
    });
    Ok(sid)
}

/// Seats an established call. After an error the caller handles the remaining `Seat` of the call.
pub(crate) fn take_seat(
    switchboard: &mut Switchboard,
    now: Now,
    sid: CallSid,
) -> Result<(), NotJoined> {
    let Some(seat) = switchboard.calls.get_mut(sid).and_then(|c| c.seat.as_mut()) else {
        return Ok(());
    };
    let conference = seat.conference;
    media_thread::move_leg_to_room(switchboard, sid, conference);
    let Some(seat) = switchboard.calls.get_mut(sid).and_then(|c| c.seat.as_mut()) else {
        return Ok(());
    };
    let (limit, record) = (seat.dial.time_limit, seat.dial.record.clone());
    let Some(room) = switchboard.rooms.get_mut(conference) else {
        return Err(NotJoined::TooMany);
    };
    match room.conference.seat(sid, now.wall) {
        Ok(effects) => {
            seat.since = Some(now.instant);
            if let Some(limit) = limit {
                switchboard
                    .timers
                    .set(Timer::TimeLimit(sid), now.instant + limit);
            }
            calls::execute_effects(switchboard, now, conference, effects);
            speech::subscribe(switchboard, conference);
            if let Some(settings) = record {
                calls::record_dial(switchboard, now, sid, settings);
            }
            Ok(())
        }
        Err(refusal) => {
            let effects = room.conference.leave(sid, LeaveReason::AddFailed, now.wall);
            calls::execute_effects(switchboard, now, conference, effects);
            close_if_empty(switchboard, conference);
            Err(NotJoined::Refused(refusal))
        }
    }
}

/// Closes a conference that no call has joined.
pub(crate) fn close_if_empty(switchboard: &mut Switchboard, conference: ConferenceSid) {
    let is_empty = switchboard
        .rooms
        .get(conference)
        .is_some_and(|room| !room.ended && room.conference.is_empty());
    if is_empty {
        calls::close(switchboard, conference);
    }
}

/// Registers an expected call in the next conference of the same name, because its conference has
/// ended. The call keeps its present `muted` and `endConferenceOnExit`. A held or coaching call is
/// not registered again, because all participants of the new conference would hear that call.
pub(super) fn expect_again(
    switchboard: &mut Switchboard,
    now: Now,
    expected: &ParticipantState,
    name: &str,
) {
    let sid = expected.call;
    let Some(seat) = switchboard.calls.get_mut(sid).and_then(|c| c.seat.take()) else {
        return;
    };
    let settings = Settings {
        muted: expected.muted,
        end_conference_on_exit: expected.end_conference_on_exit,
        ..(*seat.settings).clone()
    };
    let is_ordinary = !expected.coaching && !expected.hold;
    let is_expected =
        is_ordinary && join(switchboard, now, sid, name, settings, seat.dial.clone()).is_ok();
    if !is_expected {
        interpreter::dial_ended(switchboard, now, sid, &seat, DialOutcome::Failed);
    }
}
