//! Persistence of live calls and conferences: after each input the rows that differ from the stored
//! ones are sent to the store.

use confab_conference::{Key, Url};
use confab_terms::{CallSid, Now, limits};

use crate::live::{Call, Ending, Room, Timer};
use crate::tell::fields::Fields;
use crate::{
    CallRow, ConferenceRow, ConferenceView, Output, OwedCallback, RowChange, SeatRow, Switchboard,
};

/// Sends every row that has changed.
pub(crate) fn store_rows(board: &mut Switchboard, now: Now) {
    while let Some(sid) = board.rooms.take_changed() {
        let Some(room) = board.rooms.get(sid) else {
            continue;
        };
        // A conference without participants is never stored, and the end stores an ended one.
        if room.over || room.conference.seated() == 0 {
            continue;
        }
        let row = conference_row(board, room);
        if board.rooms.store_row(&row) {
            change(board, now, RowChange::Conference(Box::new(row)));
        }
    }
    while let Some(sid) = board.calls.take_changed() {
        let Some(call) = board.calls.get(sid) else {
            continue;
        };
        let row = call_row(board, call);
        if board.calls.store_row(&row) {
            change(board, now, RowChange::Call(Box::new(row)));
        }
    }
    watch(board, now);
}

/// Stores the time, and restarts the timer.
pub(crate) fn store_alive(board: &mut Switchboard, now: Now) {
    change(board, now, RowChange::Alive);
    watch(board, now);
}

/// Starts the periodic storage of the time while calls are up, and stops the timer otherwise.
fn watch(board: &mut Switchboard, now: Now) {
    let is_set = board.timers.is_set(Timer::Alive);
    match board.calls.len() {
        0 if is_set => board.timers.cancel(Timer::Alive),
        1.. if !is_set => {
            let next = now.instant + limits::ALIVE_INTERVAL;
            board.timers.set(Timer::Alive, next);
        }
        _ => {}
    }
}

/// Sends the row of an ended call with its pending callback.
pub(crate) fn parting_row(board: &mut Switchboard, now: Now, call: &Call, to: &Url, told: &Fields) {
    let owed = OwedCallback {
        to: vec![to.clone()],
        fields: told.clone(),
    };
    let row = CallRow {
        view: call.view(board.config.account),
        owed: Some(owed),
        ..call_row(board, call)
    };
    change(board, now, RowChange::Call(Box::new(row)));
}

/// Sends the row of an ended conference with its pending conference-end.
pub(crate) fn ending_row(board: &mut Switchboard, now: Now, ending: &Ending) {
    let Some(room) = board.rooms.get(ending.conference) else {
        return;
    };
    let owed = OwedCallback {
        to: ending.to.clone(),
        fields: ending.fields.clone(),
    };
    let row = ConferenceRow {
        owed: Some(owed),
        ..conference_row(board, room)
    };
    change(board, now, RowChange::Conference(Box::new(row)));
}

fn change(board: &mut Switchboard, now: Now, change: RowChange) {
    board.send(Output::Row { at: now, change });
}

fn call_row(board: &Switchboard, call: &Call) -> CallRow {
    let mut view = call.view(board.config.account);
    // Periodic measurements cause no write.
    view.audio = None;
    let outgoing = call.outgoing.as_deref();
    CallRow {
        view,
        answered_at: call.times.answered_at,
        status_callback: call.status_callback.clone(),
        next_number: call.events_told,
        recording: outgoing
            .and_then(|ours| ours.recorded)
            .map(|recorded| recorded.sid),
        seat: seat_row(board, call.sid),
        owed: None,
    }
}

fn seat_row(board: &Switchboard, sid: CallSid) -> Option<SeatRow> {
    let conference = board.calls.get(sid)?.seated_in()?;
    let rules = &board.rooms.get(conference)?.conference;
    let participant = rules.participant(&Key::Call(sid)).ok()?;
    Some(SeatRow {
        conference,
        participant: participant.clone(),
        speaks: rules.is_speaking(sid),
    })
}

fn conference_row(board: &Switchboard, room: &Room) -> ConferenceRow {
    let rules = &room.conference;
    ConferenceRow {
        view: ConferenceView::of(room, board.config.account),
        since: room.since,
        callback: rules.callback().cloned(),
        event_callback_url: rules.event_callback_url().map(str::to_owned),
        sequence: rules.sequence(),
        recording: room.recording,
        owed: None,
    }
}
