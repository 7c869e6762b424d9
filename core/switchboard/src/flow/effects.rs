//! Execution of the rules' effects: one change of the room, announcements, webhooks, and
//! continuation of calls that left.

use confab_conference::{Effects, EventKind, RecordWish};
use confab_terms::{CallSid, ConferenceSid, Now};

use super::change;
use super::join::expect_again;
use super::leave::left;
use crate::flow;
use crate::program;
use crate::tell;
use crate::{ConferenceView, NewRecording, Output, RecordingOf, RecordingSource};
use crate::{RowChange, Switchboard};

/// Executes all effects. Returns the number of the room's change, if any.
pub(crate) fn carry_out(
    board: &mut Switchboard,
    now: Now,
    sid: ConferenceSid,
    effects: Effects,
) -> Option<u64> {
    if let Some(room) = board.rooms.get_mut(sid) {
        room.note_end(&effects);
    }
    for event in &effects.events {
        if event.kind == EventKind::Start
            && let Some(room) = board.rooms.get_mut(sid)
        {
            room.since = now.instant;
        }
        if let Some(participant) = &event.participant {
            board.calls.touch(participant.call);
        }
        tell::news(board, now, sid, event);
        tell::event(board, now, sid, event);
    }
    let name = board.rooms.get(sid);
    let name = name.map_or_else(String::new, |r| r.conference.friendly_name().to_owned());
    let number = change::send(board, now, sid, &effects);
    if let Some(wish) = effects.record.filter(|_| !effects.ended) {
        record_from_start(board, now, sid, wish);
    }
    if effects.ended {
        over(board, now, sid);
    } else {
        program::announce(board, now, sid, effects.announcements);
        let seated: Vec<CallSid> = effects
            .seat
            .iter()
            .filter_map(|(leg, _)| board.calls.of_leg(*leg))
            .collect();
        for call in seated {
            program::next_announcement(board, now, call);
        }
    }
    for (call, _) in effects.left {
        left(board, now, call, sid);
    }
    for expected in &effects.no_longer_expected {
        expect_again(board, now, expected, &name);
    }
    number
}

/// Starts the recording requested by the first participant. A refused recording is reported, and
/// the conference continues.
fn record_from_start(board: &mut Switchboard, now: Now, sid: ConferenceSid, wish: RecordWish) {
    let first = board.rooms.get(sid);
    let first = first.and_then(|room| Some(room.conference.participants().next()?.call));
    let wish = NewRecording {
        wish,
        ..NewRecording::default()
    };
    let (of, source) = (RecordingOf::Conference(sid), RecordingSource::Conference);
    if let Err(refusal) = flow::record(board, now, of, source, first, wish) {
        tell::not_recorded(board, now, of, &refusal);
    }
}

/// Ends a conference: frees its name at once, and closes its room after the last change is applied.
fn over(board: &mut Switchboard, now: Now, sid: ConferenceSid) {
    board.rooms.free_name(sid);
    let account = board.config.account;
    let Some(room) = board.rooms.get_mut(sid) else {
        return;
    };
    let recording = room.recording;
    if let Some(recording) = recording {
        flow::stop_recording(board, now, recording);
    }
    let Some(room) = board.rooms.get_mut(sid) else {
        return;
    };
    room.over = true;
    let view = ConferenceView::of(room, account);
    let is_done = room.unapplied() == 0;
    board.send(Output::ConferenceEnded(view));
    if !recording.is_some_and(|recording| board.endings.waits_for(recording, sid)) {
        let change = RowChange::ConferenceClosed(sid);
        board.send(Output::Row { at: now, change });
    }
    if is_done {
        flow::close(board, sid);
    } else {
        let timer = crate::live::Timer::Close(sid);
        board
            .timers
            .set(timer, now.instant + confab_terms::limits::APPLIED_WAIT);
    }
}
