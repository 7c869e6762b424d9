//! Execution of the rules' effects: one change of the room, announcements, webhooks, and
//! continuation of calls that left.

use confab_conference::{Effects, EventKind, RecordWish};
use confab_terms::{CallSid, ConferenceSid, Now};

use super::join::expect_again;
use super::leave::left;
use super::room_change;
use crate::calls;
use crate::interpreter;
use crate::notifications;
use crate::{ConferenceView, NewRecording, Output, RecordingOf, RecordingSource};
use crate::{RowChange, Switchboard};

/// Executes all effects. Returns the number of the room's change, if any.
pub(crate) fn execute_effects(
    switchboard: &mut Switchboard,
    now: Now,
    sid: ConferenceSid,
    effects: Effects,
) -> Option<u64> {
    if let Some(room) = switchboard.rooms.get_mut(sid) {
        room.note_end(&effects);
    }
    for event in &effects.events {
        if event.kind == EventKind::Start
            && let Some(room) = switchboard.rooms.get_mut(sid)
        {
            room.since = now.instant;
        }
        if let Some(participant) = &event.participant {
            switchboard.calls.touch(participant.call);
        }
        notifications::news(switchboard, now, sid, event);
        notifications::event(switchboard, now, sid, event);
    }
    let name = switchboard.rooms.get(sid);
    let name = name.map_or_else(String::new, |r| r.conference.friendly_name().to_owned());
    let number = room_change::send(switchboard, now, sid, &effects);
    if let Some(settings) = effects.record.filter(|_| !effects.ended) {
        record_from_start(switchboard, now, sid, settings);
    }
    if effects.ended {
        over(switchboard, now, sid);
    } else {
        interpreter::announce(switchboard, now, sid, effects.announcements);
        let seated: Vec<CallSid> = effects
            .seat
            .iter()
            .filter_map(|(leg, _)| switchboard.calls.of_leg(*leg))
            .collect();
        for call in seated {
            interpreter::next_announcement(switchboard, now, call);
        }
    }
    for (call, _) in effects.left {
        left(switchboard, now, call, sid);
    }
    for expected in &effects.no_longer_expected {
        expect_again(switchboard, now, expected, &name);
    }
    number
}

/// Starts the recording requested by the first participant. A refused recording is reported, and
/// the conference continues.
fn record_from_start(
    switchboard: &mut Switchboard,
    now: Now,
    sid: ConferenceSid,
    settings: RecordWish,
) {
    let first = switchboard.rooms.get(sid);
    let first = first.and_then(|room| Some(room.conference.participants().next()?.call));
    let settings = NewRecording {
        wish: settings,
        ..NewRecording::default()
    };
    let (of, source) = (RecordingOf::Conference(sid), RecordingSource::Conference);
    if let Err(refusal) = calls::record(switchboard, now, of, source, first, settings) {
        notifications::recording_refused(switchboard, now, of, &refusal);
    }
}

/// Ends a conference: frees its name at once, and closes its room after the last change is applied.
fn over(switchboard: &mut Switchboard, now: Now, sid: ConferenceSid) {
    switchboard.rooms.free_name(sid);
    let account = switchboard.config.account;
    let Some(room) = switchboard.rooms.get_mut(sid) else {
        return;
    };
    let recording = room.recording;
    if let Some(recording) = recording {
        calls::stop_recording(switchboard, now, recording);
    }
    let Some(room) = switchboard.rooms.get_mut(sid) else {
        return;
    };
    room.ended = true;
    let view = ConferenceView::of(room, account);
    let is_done = room.unapplied() == 0;
    switchboard.send(Output::ConferenceEnded(view));
    if !recording.is_some_and(|recording| switchboard.conference_ends.waits_for(recording, sid)) {
        let change = RowChange::ConferenceClosed(sid);
        switchboard.send(Output::Row { at: now, change });
    }
    if is_done {
        calls::close(switchboard, sid);
    } else {
        let timer = crate::state::Timer::RoomClose(sid);
        switchboard
            .timers
            .set(timer, now.instant + confab_terms::limits::APPLIED_WAIT);
    }
}
