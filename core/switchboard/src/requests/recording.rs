//! Recordings: start, pause, resume and stop by the API. The store provides complete recordings.

use confab_terms::{Now, RecordingSid};

use crate::calls;
use crate::{NewRecording, RecordingOf, RecordingSource, RecordingUpdate};
use crate::{Refusal, Reply, Switchboard};

pub(super) fn start(
    switchboard: &mut Switchboard,
    now: Now,
    of: RecordingOf,
    wish: NewRecording,
) -> Result<Reply, Refusal> {
    let source = match of {
        RecordingOf::Call(_) => RecordingSource::StartCallRecording,
        RecordingOf::Conference(_) => RecordingSource::StartConferenceRecording,
    };
    let sid = calls::record(switchboard, now, of, source, None, wish)?;
    reply(switchboard, sid)
}

pub(super) fn update(
    switchboard: &mut Switchboard,
    now: Now,
    of: RecordingOf,
    recording: Option<RecordingSid>,
    update: RecordingUpdate,
) -> Result<Reply, Refusal> {
    let sid = calls::recording_of(switchboard, of)?;
    let said = || recording.map_or_else(|| "now".to_owned(), |sid| sid.to_string());
    let sid = sid.filter(|sid| recording.is_none_or(|asked| asked == *sid));
    let sid = sid.ok_or_else(|| Refusal::NoSuchRecording(said()))?;
    match update {
        RecordingUpdate::Pause(behavior) => calls::pause(switchboard, now, sid, Some(behavior)),
        RecordingUpdate::Resume => calls::pause(switchboard, now, sid, None),
        RecordingUpdate::Stop => calls::stop_recording(switchboard, now, sid),
    }
    reply(switchboard, sid)
}

fn reply(switchboard: &Switchboard, sid: RecordingSid) -> Result<Reply, Refusal> {
    let recording = switchboard.recordings.get(sid);
    let recording = recording.ok_or_else(|| Refusal::NoSuchRecording(sid.to_string()))?;
    Ok(Reply::Recording(Box::new(recording.view.clone())))
}
