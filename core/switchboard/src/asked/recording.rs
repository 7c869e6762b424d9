//! Recordings: start, pause, resume and stop by the API. The store provides complete recordings.

use confab_terms::{Now, RecordingSid};

use crate::flow;
use crate::{NewRecording, RecordingOf, RecordingSource, RecordingUpdate};
use crate::{Refusal, Reply, Switchboard};

pub(super) fn start(
    board: &mut Switchboard,
    now: Now,
    of: RecordingOf,
    wish: NewRecording,
) -> Result<Reply, Refusal> {
    let source = match of {
        RecordingOf::Call(_) => RecordingSource::StartCallRecording,
        RecordingOf::Conference(_) => RecordingSource::StartConferenceRecording,
    };
    let sid = flow::record(board, now, of, source, None, wish)?;
    reply(board, sid)
}

pub(super) fn update(
    board: &mut Switchboard,
    now: Now,
    of: RecordingOf,
    recording: Option<RecordingSid>,
    update: RecordingUpdate,
) -> Result<Reply, Refusal> {
    let sid = flow::recording_of(board, of)?;
    let said = || recording.map_or_else(|| "now".to_owned(), |sid| sid.to_string());
    let sid = sid.filter(|sid| recording.is_none_or(|asked| asked == *sid));
    let sid = sid.ok_or_else(|| Refusal::NoSuchRecording(said()))?;
    match update {
        RecordingUpdate::Pause(behavior) => flow::pause(board, now, sid, Some(behavior)),
        RecordingUpdate::Resume => flow::pause(board, now, sid, None),
        RecordingUpdate::Stop => flow::stop_recording(board, now, sid),
    }
    reply(board, sid)
}

fn reply(board: &Switchboard, sid: RecordingSid) -> Result<Reply, Refusal> {
    let recording = board.recordings.get(sid);
    let recording = recording.ok_or_else(|| Refusal::NoSuchRecording(sid.to_string()))?;
    Ok(Reply::Recording(Box::new(recording.view.clone())))
}
