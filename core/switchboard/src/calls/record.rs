//! Recordings from start to completion: commands to the media, callbacks, history. A recording may
//! outlive its call or conference until the file is complete.

use confab_media::{Command, Recorded};
use confab_terms::{CallSid, Now, PauseBehavior, RecordingSid, Track};

use crate::interpreter;
use crate::notifications;
use crate::state::{Recording, RecordingFile};
use crate::{NewRecording, Output, RecordingEnd, RecordingOf, RecordingSource, RecordingStatus};
use crate::{RecordingView, Refusal, Switchboard};

/// Starts a recording. `wished_by` is the call whose document requested the recording of a
/// conference.
pub(crate) fn record(
    switchboard: &mut Switchboard,
    now: Now,
    of: RecordingOf,
    source: RecordingSource,
    wished_by: Option<CallSid>,
    settings: NewRecording,
) -> Result<RecordingSid, Refusal> {
    if let Some(sid) = recording_of(switchboard, of)? {
        return Err(Refusal::RecordedAlready(sid));
    }
    if switchboard.recordings.is_full() {
        return Err(Refusal::Busy);
    }
    let tells_voice = source == RecordingSource::Record;
    let (thread, recorded, dual) = recording_source(switchboard, of, &settings, tells_voice)?;
    let sid = switchboard.ids.recording();
    match of {
        RecordingOf::Call(call) => {
            if let Some(call) = switchboard.calls.get_mut(call) {
                call.recording = Some(sid);
            }
        }
        RecordingOf::Conference(conference) => {
            if let Some(room) = switchboard.rooms.get_mut(conference) {
                room.recording = Some(sid);
            }
        }
    }
    let view = RecordingView {
        sid,
        account: switchboard.config.account,
        of,
        wished_by,
        channels: if dual { 2 } else { 1 },
        track: settings.track,
        source,
        status: RecordingStatus::InProgress,
        trim: settings.wish.trim,
        date_created: now.wall,
        date_updated: now.wall,
        end_time: None,
        duration_ms: 0,
        error: None,
        callback: settings.wish.callback,
    };
    switchboard.send(Output::OpenRecording {
        recording: sid,
        trim: view.trim,
    });
    let command = Command::Record {
        recording: sid,
        of: recorded,
    };
    switchboard.send(Output::Media { thread, command });
    switchboard.send(Output::Recording(Box::new(view.clone())));
    notifications::recording(switchboard, &view);
    switchboard.recordings.insert(Recording {
        view,
        thread,
        of: recorded,
        began: now.instant,
        deferred_action: None,
    });
    Ok(sid)
}

/// Starts the recording of a call for a document or an outbound call. A refusal is reported as a
/// notice, and the call continues.
pub(crate) fn record_call(
    switchboard: &mut Switchboard,
    now: Now,
    call: CallSid,
    source: RecordingSource,
    settings: NewRecording,
) -> Option<RecordingSid> {
    let of = RecordingOf::Call(call);
    let recorded = record(switchboard, now, of, source, None, settings);
    if let Err(refusal) = &recorded {
        notifications::recording_refused(switchboard, now, of, refusal);
    }
    recorded.ok()
}

/// Starts the recording of `<Dial record>`, reported to the action of `<Dial>`.
pub(crate) fn record_dial(
    switchboard: &mut Switchboard,
    now: Now,
    call: CallSid,
    settings: NewRecording,
) {
    let recording = record_call(switchboard, now, call, RecordingSource::Dial, settings);
    if let Some(seat) = switchboard
        .calls
        .get_mut(call)
        .and_then(|c| c.seat.as_mut())
    {
        seat.dial.recording = recording;
    }
}

/// Stops the recording of `<Dial record>` at the leave of the conference.
pub(crate) fn stop_dial_recording(switchboard: &mut Switchboard, now: Now, call: CallSid) {
    let sid = recording_of(switchboard, RecordingOf::Call(call))
        .ok()
        .flatten();
    let recording = sid.and_then(|sid| switchboard.recordings.get(sid));
    if let Some(view) = recording.map(|recording| &recording.view)
        && view.source == RecordingSource::Dial
    {
        let sid = view.sid;
        stop_recording(switchboard, now, sid);
    }
}

/// Returns the media thread, the recorded source, and true for two channels.
fn recording_source(
    switchboard: &Switchboard,
    of: RecordingOf,
    settings: &NewRecording,
    tells_voice: bool,
) -> Result<(u16, Recorded, bool), Refusal> {
    match of {
        RecordingOf::Call(sid) => {
            let call = switchboard.calls.get(sid).ok_or(Refusal::NoSuchCall(sid))?;
            if !call.is_up() {
                return Err(Refusal::NotInProgress(sid));
            }
            // One direction is mono.
            let dual = settings.dual && settings.track == Track::Both;
            let recorded = Recorded::Leg {
                leg: call.leg,
                dual,
                track: settings.track,
                tells_voice,
            };
            Ok((call.thread, recorded, dual))
        }
        RecordingOf::Conference(sid) => {
            let room = switchboard.rooms.get(sid).filter(|room| !room.ended);
            let room = room.ok_or(Refusal::NoSuchConference(sid))?;
            // A conference is recorded as one mono sum.
            Ok((room.thread, Recorded::Room(room.room), false))
        }
    }
}

/// Returns the recording in progress.
pub(crate) fn recording_of(
    switchboard: &Switchboard,
    of: RecordingOf,
) -> Result<Option<RecordingSid>, Refusal> {
    let sid = match of {
        RecordingOf::Call(call) => {
            let found = switchboard
                .calls
                .get(call)
                .ok_or(Refusal::NoSuchCall(call))?;
            found.recording
        }
        RecordingOf::Conference(conference) => {
            let found = switchboard.rooms.get(conference).filter(|room| !room.ended);
            found
                .ok_or(Refusal::NoSuchConference(conference))?
                .recording
        }
    };
    let is_taken = |sid: &RecordingSid| {
        let recording = switchboard.recordings.get(*sid);
        recording.is_some_and(|r| r.view.status != RecordingStatus::Stopped)
    };
    Ok(sid.filter(is_taken))
}

/// Pauses a recording, or resumes one with `None`.
pub(crate) fn pause(
    switchboard: &mut Switchboard,
    now: Now,
    sid: RecordingSid,
    pause: Option<PauseBehavior>,
) {
    let status = match pause {
        Some(_) => RecordingStatus::Paused,
        None => RecordingStatus::InProgress,
    };
    order(switchboard, now, sid, status, |recording, of| {
        Command::PauseRecording {
            recording,
            of,
            pause,
        }
    });
}

/// Stops a recording; the recording is complete after the final report of the writer.
pub(crate) fn stop_recording(switchboard: &mut Switchboard, now: Now, sid: RecordingSid) {
    let status = RecordingStatus::Stopped;
    order(switchboard, now, sid, status, |recording, of| {
        Command::StopRecording { recording, of }
    });
}

fn order(
    switchboard: &mut Switchboard,
    now: Now,
    sid: RecordingSid,
    status: RecordingStatus,
    command: impl FnOnce(RecordingSid, Recorded) -> Command,
) {
    let Some(recording) = switchboard.recordings.get_mut(sid) else {
        return;
    };
    if recording.view.status == RecordingStatus::Stopped {
        return;
    }
    recording.view.status = status;
    recording.view.date_updated = now.wall;
    let (thread, view) = (recording.thread, recording.view.clone());
    let command = command(sid, recording.of);
    switchboard.send(Output::Media { thread, command });
    switchboard.send(Output::Recording(Box::new(view)));
}

/// Stores the duration of an outbound call's recording for the callback of the call's end.
fn note_call_recording(switchboard: &mut Switchboard, view: &RecordingView) {
    let RecordingOf::Call(call) = view.of else {
        return;
    };
    let outgoing = switchboard
        .calls
        .get_mut(call)
        .and_then(|c| c.outgoing.as_mut());
    let recorded = outgoing.and_then(|outgoing| outgoing.recorded.as_mut());
    if let Some(recorded) = recorded.filter(|recorded| recorded.sid == view.sid) {
        recorded.duration_ms = Some(view.duration_ms);
    }
}

/// Stores the file of a conference's recording, and sends a pending conference-end.
fn note_file(switchboard: &mut Switchboard, now: Now, view: &RecordingView, end: &RecordingEnd) {
    let file = match end {
        RecordingEnd::Written { bytes, .. } => Some(RecordingFile {
            sid: view.sid,
            bytes: *bytes,
        }),
        RecordingEnd::Absent | RecordingEnd::Failed { .. } => None,
    };
    if let RecordingOf::Conference(conference) = view.of
        && let Some(room) = switchboard.rooms.get_mut(conference)
    {
        room.file = file;
    }
    notifications::send_conference_end(switchboard, now, view.sid, file);
}

/// Handles the final report of the writer.
pub(crate) fn recorded(
    switchboard: &mut Switchboard,
    now: Now,
    sid: RecordingSid,
    end: RecordingEnd,
) {
    let Some(recording) = switchboard.recordings.remove(sid) else {
        switchboard.counters.stale_answers += 1;
        return;
    };
    let Recording {
        mut view,
        thread,
        of,
        deferred_action,
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
                notifications::recording_lost(switchboard, now, &view, lost_ms);
            }
        }
        RecordingEnd::Absent => view.status = RecordingStatus::Absent,
        RecordingEnd::Failed {
            duration_ms,
            message,
        } => {
            (view.status, view.duration_ms) = (RecordingStatus::Failed, duration_ms);
            view.error = Some(notifications::NOT_WRITTEN);
            notifications::recording_failed(switchboard, now, &view, &message);
            // The writer failed on its own: stop the audio of the recording.
            let command = Command::StopRecording { recording: sid, of };
            switchboard.send(Output::Media { thread, command });
        }
    }
    switchboard.send(Output::Recording(Box::new(view.clone())));
    notifications::recording(switchboard, &view);
    note_call_recording(switchboard, &view);
    note_file(switchboard, now, &view, &ended);
    match (deferred_action, view.of) {
        (Some(deferred_action), _) => {
            interpreter::recording_complete_after_end(switchboard, sid, *deferred_action, &ended);
        }
        (None, RecordingOf::Call(call)) => {
            interpreter::file_complete(switchboard, now, call, sid, &ended);
        }
        (None, RecordingOf::Conference(_)) => {}
    }
}
