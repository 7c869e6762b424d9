//! Persistence of live calls and conferences: after each input the rows that differ from the stored
//! ones are sent to the store.

use confab_conference::{Key, Url};
use confab_terms::{CallSid, Now, limits};

use crate::notifications::fields::Fields;
use crate::state::{Call, PendingConferenceEnd, Room, Timer};
use crate::{
    CallRow, ConferenceRow, ConferenceView, Output, OwedCallback, RowChange, SeatRow, Switchboard,
};

/// Sends every row that has changed.
pub(crate) fn store_rows(switchboard: &mut Switchboard, now: Now) {
    while let Some(sid) = switchboard.rooms.take_changed() {
        let Some(room) = switchboard.rooms.get(sid) else {
            continue;
        };
        // A conference without participants is never stored, and the end stores an ended one.
        if room.ended || room.conference.seated() == 0 {
            continue;
        }
        let row = conference_row(switchboard, room);
        if switchboard.rooms.store_row(&row) {
            change(switchboard, now, RowChange::Conference(Box::new(row)));
        }
    }
    while let Some(sid) = switchboard.calls.take_changed() {
        let Some(call) = switchboard.calls.get(sid) else {
            continue;
        };
        let row = call_row(switchboard, call);
        if switchboard.calls.store_row(&row) {
            change(switchboard, now, RowChange::Call(Box::new(row)));
        }
    }
    watch(switchboard, now);
}

/// Stores the time, and restarts the timer.
pub(crate) fn store_alive(switchboard: &mut Switchboard, now: Now) {
    change(switchboard, now, RowChange::Alive);
    watch(switchboard, now);
}

/// Starts the periodic storage of the time while calls are up, and stops the timer otherwise.
fn watch(switchboard: &mut Switchboard, now: Now) {
    let is_set = switchboard.timers.is_set(Timer::Alive);
    match switchboard.calls.len() {
        0 if is_set => switchboard.timers.cancel(Timer::Alive),
        1.. if !is_set => {
            let next = now.instant + limits::ALIVE_INTERVAL;
            switchboard.timers.set(Timer::Alive, next);
        }
        _ => {}
    }
}

/// Sends the row of an ended call with its pending callback.
pub(crate) fn ended_call_row(
    switchboard: &mut Switchboard,
    now: Now,
    call: &Call,
    to: &Url,
    fields: &Fields,
) {
    let owed = OwedCallback {
        to: vec![to.clone()],
        fields: fields.clone(),
    };
    let row = CallRow {
        view: call.view(switchboard.config.account),
        owed: Some(owed),
        ..call_row(switchboard, call)
    };
    change(switchboard, now, RowChange::Call(Box::new(row)));
}

/// Sends the row of an ended conference with its pending conference-end.
pub(crate) fn conference_end_row(
    switchboard: &mut Switchboard,
    now: Now,
    ending: &PendingConferenceEnd,
) {
    let Some(room) = switchboard.rooms.get(ending.conference) else {
        return;
    };
    let owed = OwedCallback {
        to: ending.to.clone(),
        fields: ending.fields.clone(),
    };
    let row = ConferenceRow {
        owed: Some(owed),
        ..conference_row(switchboard, room)
    };
    change(switchboard, now, RowChange::Conference(Box::new(row)));
}

fn change(switchboard: &mut Switchboard, now: Now, change: RowChange) {
    switchboard.send(Output::Row { at: now, change });
}

fn call_row(switchboard: &Switchboard, call: &Call) -> CallRow {
    let mut view = call.view(switchboard.config.account);
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
        seat: seat_row(switchboard, call.sid),
        owed: None,
    }
}

fn seat_row(switchboard: &Switchboard, sid: CallSid) -> Option<SeatRow> {
    let conference = switchboard.calls.get(sid)?.seated_in()?;
    let rules = &switchboard.rooms.get(conference)?.conference;
    let participant = rules.participant(&Key::Call(sid)).ok()?;
    Some(SeatRow {
        conference,
        participant: participant.clone(),
        speaks: rules.is_speaking(sid),
    })
}

fn conference_row(switchboard: &Switchboard, room: &Room) -> ConferenceRow {
    let rules = &room.conference;
    ConferenceRow {
        view: ConferenceView::of(room, switchboard.config.account),
        since: room.since,
        callback: rules.callback().cloned(),
        event_callback_url: rules.event_callback_url().map(str::to_owned),
        sequence: rules.sequence(),
        recording: room.recording,
        owed: None,
    }
}
