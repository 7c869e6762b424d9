//! Recordings from start to completion: commands to the media, callbacks, history. A recording may
//! outlive its call or conference until the file is complete.

use confab_media::{Command, Recorded};
use confab_terms::{CallSid, Now, PauseBehavior, RecordingSid, Track};

use crate::live::{Recording, RecordingFile};
use crate::program;
use crate::tell;
use crate::{NewRecording, Output, RecordingEnd, RecordingOf, RecordingSource, RecordingStatus};
use crate::{RecordingView, Refusal, Switchboard};

/// Starts a recording. `wished_by` is the call whose document requested the recording of a
/// conference.
pub(crate) fn record(
    board: &mut Switchboard,
    now: Now,
    of: RecordingOf,
    source: RecordingSource,
    wished_by: Option<CallSid>,
    wish: NewRecording,
) -> Result<RecordingSid, Refusal> {
    if let Some(sid) = recording_of(board, of)? {
        return Err(Refusal::RecordedAlready(sid));
    }
    if board.recordings.is_full() {
        return Err(Refusal::Busy);
    }
    let tells_voice = source == RecordingSource::Record;
    let (thread, recorded, dual) = whence(board, of, &wish, tells_voice)?;
    let sid = board.names.recording();
    match of {
        RecordingOf::Call(call) => {
            if let Some(call) = board.calls.get_mut(call) {
                call.recording = Some(sid);
            }
        }
        RecordingOf::Conference(conference) => {
            if let Some(room) = board.rooms.get_mut(conference) {
                room.recording = Some(sid);
            }
        }
    }
    let view = RecordingView {
        sid,
        account: board.config.account,
        of,
        wished_by,
        channels: if dual { 2 } else { 1 },
        track: wish.track,
        source,
        status: RecordingStatus::InProgress,
        trim: wish.wish.trim,
        date_created: now.wall,
        date_updated: now.wall,
        end_time: None,
        duration_ms: 0,
        error: None,
        callback: wish.wish.callback,
    };
    board.send(Output::OpenRecording {
        recording: sid,
        trim: view.trim,
    });
    let command = Command::Record {
        recording: sid,
        of: recorded,
    };
    board.send(Output::Media { thread, command });
    board.send(Output::Recording(Box::new(view.clone())));
    tell::recording(board, &view);
    board.recordings.insert(Recording {
        view,
        thread,
        of: recorded,
        began: now.instant,
        last_word: None,
    });
    Ok(sid)
}

/// Starts the recording of a call for a document or an outbound call. A refusal is reported as a
/// notice, and the call continues.
pub(crate) fn record_call(
    board: &mut Switchboard,
    now: Now,
    call: CallSid,
    source: RecordingSource,
    wish: NewRecording,
) -> Option<RecordingSid> {
    let of = RecordingOf::Call(call);
    let recorded = record(board, now, of, source, None, wish);
    if let Err(refusal) = &recorded {
        tell::not_recorded(board, now, of, refusal);
    }
    recorded.ok()
}

/// Starts the recording of `<Dial record>`, reported to the action of `<Dial>`.
pub(crate) fn record_dialled(board: &mut Switchboard, now: Now, call: CallSid, wish: NewRecording) {
    let recording = record_call(board, now, call, RecordingSource::Dial, wish);
    if let Some(seat) = board.calls.get_mut(call).and_then(|c| c.seat.as_mut()) {
        seat.dial.recording = recording;
    }
}

/// Stops the recording of `<Dial record>` at the leave of the conference.
pub(crate) fn stop_dial_recording(board: &mut Switchboard, now: Now, call: CallSid) {
    let sid = recording_of(board, RecordingOf::Call(call)).ok().flatten();
    let recording = sid.and_then(|sid| board.recordings.get(sid));
    if let Some(view) = recording.map(|recording| &recording.view)
        && view.source == RecordingSource::Dial
    {
        let sid = view.sid;
        stop_recording(board, now, sid);
    }
}

/// Returns the media thread, the recorded source, and true for two channels.
fn whence(
    board: &Switchboard,
    of: RecordingOf,
    wish: &NewRecording,
    tells_voice: bool,
) -> Result<(u16, Recorded, bool), Refusal> {
    match of {
        RecordingOf::Call(sid) => {
            let call = board.calls.get(sid).ok_or(Refusal::NoSuchCall(sid))?;
            if !call.is_up() {
                return Err(Refusal::NotInProgress(sid));
            }
            // One direction is mono.
            let dual = wish.dual && wish.track == Track::Both;
            let recorded = Recorded::Leg {
                leg: call.leg,
                dual,
                track: wish.track,
                tells_voice,
            };
            Ok((call.thread, recorded, dual))
        }
        RecordingOf::Conference(sid) => {
            let room = board.rooms.get(sid).filter(|room| !room.over);
            let room = room.ok_or(Refusal::NoSuchConference(sid))?;
            // A conference is recorded as one mono sum.
            Ok((room.thread, Recorded::Room(room.room), false))
        }
    }
}

/// Returns the recording in progress.
pub(crate) fn recording_of(
    board: &Switchboard,
    of: RecordingOf,
) -> Result<Option<RecordingSid>, Refusal> {
    let sid = match of {
        RecordingOf::Call(call) => {
            let found = board.calls.get(call).ok_or(Refusal::NoSuchCall(call))?;
            found.recording
        }
        RecordingOf::Conference(conference) => {
            let found = board.rooms.get(conference).filter(|room| !room.over);
            found
                .ok_or(Refusal::NoSuchConference(conference))?
                .recording
        }
    };
    let is_taken = |sid: &RecordingSid| {
        let recording = board.recordings.get(*sid);
        recording.is_some_and(|r| r.view.status != RecordingStatus::Stopped)
    };
    Ok(sid.filter(is_taken))
}

/// Pauses a recording, or resumes one with `None`.
pub(crate) fn pause(
    board: &mut Switchboard,
    now: Now,
    sid: RecordingSid,
    pause: Option<PauseBehavior>,
) {
    let status = match pause {
        Some(_) => RecordingStatus::Paused,
        None => RecordingStatus::InProgress,
    };
    order(board, now, sid, status, |recording, of| {
        Command::PauseRecording {
            recording,
            of,
            pause,
        }
    });
}

/// Stops a recording; the recording is complete after the final report of the writer.
pub(crate) fn stop_recording(board: &mut Switchboard, now: Now, sid: RecordingSid) {
    let status = RecordingStatus::Stopped;
    order(board, now, sid, status, |recording, of| {
        Command::StopRecording { recording, of }
    });
}

fn order(
    board: &mut Switchboard,
    now: Now,
    sid: RecordingSid,
    status: RecordingStatus,
    command: impl FnOnce(RecordingSid, Recorded) -> Command,
) {
    let Some(recording) = board.recordings.get_mut(sid) else {
        return;
    };
    if recording.view.status == RecordingStatus::Stopped {
        return;
    }
    recording.view.status = status;
    recording.view.date_updated = now.wall;
    let (thread, view) = (recording.thread, recording.view.clone());
    let command = command(sid, recording.of);
    board.send(Output::Media { thread, command });
    board.send(Output::Recording(Box::new(view)));
}

/// Stores the duration of an outbound call's recording for the callback of the call's end.
fn note_whole(board: &mut Switchboard, view: &RecordingView) {
    let RecordingOf::Call(call) = view.of else {
        return;
    };
    let outgoing = board.calls.get_mut(call).and_then(|c| c.outgoing.as_mut());
    let recorded = outgoing.and_then(|outgoing| outgoing.recorded.as_mut());
    if let Some(recorded) = recorded.filter(|recorded| recorded.sid == view.sid) {
        recorded.duration_ms = Some(view.duration_ms);
    }
}

/// Stores the file of a conference's recording, and sends a pending conference-end.
fn note_file(board: &mut Switchboard, now: Now, view: &RecordingView, end: &RecordingEnd) {
    let file = match end {
        RecordingEnd::Written { bytes, .. } => Some(RecordingFile {
            sid: view.sid,
            bytes: *bytes,
        }),
        RecordingEnd::Absent | RecordingEnd::Failed { .. } => None,
    };
    if let RecordingOf::Conference(conference) = view.of
        && let Some(room) = board.rooms.get_mut(conference)
    {
        room.file = file;
    }
    tell::end_recorded(board, now, view.sid, file);
}

/// Handles the final report of the writer.
pub(crate) fn recorded(board: &mut Switchboard, now: Now, sid: RecordingSid, end: RecordingEnd) {
    let Some(recording) = board.recordings.remove(sid) else {
        board.counted.stale_answers += 1;
        return;
    };
    let Recording {
        mut view,
        thread,
        of,
        last_word,
        ..
    } = recording;
    let ended = end.clone();
    view.date_updated = now.wall;
    view.end_time = Some(now.wall);
    match end {
        RecordingEnd::Written {
            duration_ms,
            lost_ms,
            ..
        } => {
            (view.status, view.duration_ms) = (RecordingStatus::Completed, duration_ms);
            if lost_ms > 0 {
                tell::recording_lost(board, now, &view, lost_ms);
            }
        }
        RecordingEnd::Absent => view.status = RecordingStatus::Absent,
        RecordingEnd::Failed {
            duration_ms,
            message,
        } => {
            (view.status, view.duration_ms) = (RecordingStatus::Failed, duration_ms);
            view.error = Some(tell::NOT_WRITTEN);
            tell::recording_failed(board, now, &view, &message);
            // The writer failed on its own: stop the audio of the recording.
            let command = Command::StopRecording { recording: sid, of };
            board.send(Output::Media { thread, command });
        }
    }
    board.send(Output::Recording(Box::new(view.clone())));
    tell::recording(board, &view);
    note_whole(board, &view);
    note_file(board, now, &view, &ended);
    match (last_word, view.of) {
        (Some(last_word), _) => program::farewell_recorded(board, sid, *last_word, &ended),
        (None, RecordingOf::Call(call)) => program::written(board, now, call, sid, &ended),
        (None, RecordingOf::Conference(_)) => {}
    }
}
