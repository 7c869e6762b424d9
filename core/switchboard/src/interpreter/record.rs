//! `<Record>`: tone, recording until silence, a finish key, the maximum length or the hang-up, and
//! the action request after the file is complete.

use confab_conference::Url;
use confab_cxml::Record;
use confab_media::Source;
use confab_terms::{CallSid, Digit, Now, PlayerId, RecordingSid, limits};
use serde::{Deserialize, Serialize};

use super::dial::{absolute, recording};
use super::document::{advance, request_document, set_step};
use super::execution::{PendingOperation, running};
use super::http_request::{resolve, send_final_request};
use super::playback;
use crate::calls;
use crate::notifications::{self, fields, fields::Fields};
use crate::state::{DocumentRole, Timer};
use crate::{Cookies, RecordingEnd, RecordingOf, RecordingSource, Switchboard};

/// Duration of silence at the time of the media thread's report of silence.
const TOLD_QUIET_AFTER: core::time::Duration = core::time::Duration::from_secs(1);

/// Running `<Record>`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct RecordState {
    recording: RecordingSid,
    verb: Record,
    /// Action URL. `None`: the next verb follows without a request.
    action: Option<Url>,
    /// True if the caller has say_document.
    spoke: bool,
    stage: Stage,
}

/// State of a `<Record>`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Stage {
    /// Recording.
    Listening,
    /// Ended, by this key if any; the file is pending.
    Ended(Option<Digit>),
}

/// Action request of an ended call, sent after the recording's file is complete.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct DeferredAction {
    action: Url,
    fields: Fields,
    digits: Option<String>,
    cookies: Cookies,
}

/// Begins a `<Record>`. Returns true if recording is impossible; the caller then executes the next
/// verb.
pub(super) fn begin(switchboard: &mut Switchboard, now: Now, sid: CallSid, verb: Record) -> bool {
    if !verb.play_beep {
        return !start(switchboard, now, sid, verb);
    }
    let player = playback::start(
        switchboard,
        sid,
        DocumentRole::Document,
        Source::Beep,
        false,
    );
    set_step(
        switchboard,
        sid,
        PendingOperation::Beeping(player, Box::new(verb)),
    );
    false
}

/// Starts the recording after the tone. Returns false if the player is not the tone.
pub(super) fn beep_ended(
    switchboard: &mut Switchboard,
    now: Now,
    sid: CallSid,
    player: PlayerId,
) -> bool {
    let Some(execution) = running(switchboard, sid, DocumentRole::Document) else {
        return false;
    };
    match core::mem::take(&mut execution.pending) {
        PendingOperation::Beeping(beep, verb) if beep == player => {
            playback::silence(switchboard, sid);
            if !start(switchboard, now, sid, *verb) {
                advance(switchboard, now, sid);
            }
            true
        }
        step => {
            execution.pending = step;
            false
        }
    }
}

/// Starts the recording. Returns false after a failure, which is reported.
fn start(switchboard: &mut Switchboard, now: Now, sid: CallSid, verb: Record) -> bool {
    let Some(execution) = running(switchboard, sid, DocumentRole::Document) else {
        return false;
    };
    let base = execution.base.clone();
    let action = match verb.action.as_deref() {
        Some(url) => absolute(switchboard, now, sid, &base, url, verb.method),
        None => resolve(&base, "", verb.method),
    };
    let wish = recording(switchboard, now, sid, &base, &verb.recording);
    let of = RecordingOf::Call(sid);
    match calls::record(switchboard, now, of, RecordingSource::Record, None, wish) {
        Ok(recording) => {
            let (quiet, long) = (now.instant + verb.timeout, now.instant + verb.max_length);
            let record_state = RecordState {
                recording,
                verb,
                action,
                spoke: false,
                stage: Stage::Listening,
            };
            set_step(
                switchboard,
                sid,
                PendingOperation::Recording(Box::new(record_state)),
            );
            switchboard.timers.set(Timer::RecordSilence(sid), quiet);
            switchboard.timers.set(Timer::RecordLength(sid), long);
            true
        }
        Err(refusal) => {
            notifications::recording_refused(switchboard, now, of, &refusal);
            false
        }
    }
}

/// Returns the running `<Record>` of the call's document.
fn record_state(switchboard: &mut Switchboard, sid: CallSid) -> Option<&mut RecordState> {
    match &mut running(switchboard, sid, DocumentRole::Document)?.pending {
        PendingOperation::Recording(record_state) => Some(record_state),
        _ => None,
    }
}

/// Handles the begin of speech, or a second of silence.
pub(crate) fn speech_changed(
    switchboard: &mut Switchboard,
    now: Now,
    recording: RecordingSid,
    speaks: bool,
) {
    let of = switchboard
        .recordings
        .get(recording)
        .map(|known| known.view.of);
    let Some(RecordingOf::Call(sid)) = of else {
        switchboard.counters.stale_answers += 1;
        return;
    };
    let Some(record_state) =
        record_state(switchboard, sid).filter(|record_state| record_state.recording == recording)
    else {
        return;
    };
    if record_state.stage != Stage::Listening {
        return;
    }
    if speaks {
        record_state.spoke = true;
        switchboard.timers.cancel(Timer::RecordSilence(sid));
    } else {
        let left = record_state.verb.timeout.saturating_sub(TOLD_QUIET_AFTER);
        switchboard
            .timers
            .set(Timer::RecordSilence(sid), now.instant + left);
    }
}

/// Handles a DTMF digit.
pub(crate) fn digit_pressed(switchboard: &mut Switchboard, now: Now, sid: CallSid, digit: Digit) {
    let ends = record_state(switchboard, sid).is_some_and(|record_state| {
        record_state.stage == Stage::Listening && record_state.verb.finish_on_key.contains(digit.0)
    });
    if ends {
        finish(switchboard, now, sid, Some(digit));
    }
}

/// Ends the recording after the silence timeout or the maximum length.
pub(crate) fn recording_limit_reached(switchboard: &mut Switchboard, now: Now, sid: CallSid) {
    finish(switchboard, now, sid, None);
}

fn finish(switchboard: &mut Switchboard, now: Now, sid: CallSid, key: Option<Digit>) {
    let Some(record_state) = record_state(switchboard, sid) else {
        return;
    };
    record_state.stage = Stage::Ended(key);
    let recording = record_state.recording;
    stop_listening(switchboard, sid);
    let at = now.instant + limits::RECORD_WRITTEN_WAIT;
    switchboard.timers.set(Timer::RecordFile(sid), at);
    calls::stop_recording(switchboard, now, recording);
}

fn stop_listening(switchboard: &mut Switchboard, sid: CallSid) {
    switchboard.timers.cancel(Timer::RecordSilence(sid));
    switchboard.timers.cancel(Timer::RecordLength(sid));
}

/// Handles the final report about the file.
pub(crate) fn file_complete(
    switchboard: &mut Switchboard,
    now: Now,
    sid: CallSid,
    recording: RecordingSid,
    end: &RecordingEnd,
) {
    if record_state(switchboard, sid)
        .is_some_and(|record_state| record_state.recording == recording)
    {
        continue_document(switchboard, now, sid, duration_ms(end));
    }
}

/// Continues the document after the timeout of the file.
pub(crate) fn file_timeout(switchboard: &mut Switchboard, now: Now, sid: CallSid) {
    let began = record_state(switchboard, sid).map(|record_state| record_state.recording);
    let began = began.and_then(|sid| Some(switchboard.recordings.get(sid)?.began));
    let ms = began.map_or(0, |began| now.instant.saturating_since(began).as_millis());
    continue_document(switchboard, now, sid, u64::try_from(ms).ok());
}

/// Requests the action URL, or executes the next verb if the recording contains no speech.
fn continue_document(
    switchboard: &mut Switchboard,
    now: Now,
    sid: CallSid,
    duration_ms: Option<u64>,
) {
    stop_listening(switchboard, sid);
    switchboard.timers.cancel(Timer::RecordFile(sid));
    let Some(execution) = running(switchboard, sid, DocumentRole::Document) else {
        return;
    };
    let record_state = match core::mem::take(&mut execution.pending) {
        PendingOperation::Recording(record_state) => record_state,
        step => {
            execution.pending = step;
            return;
        }
    };
    let said = duration_ms.filter(|_| record_state.spoke);
    let (Some(action), Some(duration_ms)) = (&record_state.action, said) else {
        return advance(switchboard, now, sid);
    };
    let mut asked = switchboard
        .calls
        .get(sid)
        .map(|call| fields::voice(switchboard, call));
    let asked = asked.get_or_insert_default();
    let digits = match record_state.stage {
        Stage::Ended(key) => key.map(|key| key.0.to_string()),
        Stage::Listening => None,
    };
    add(
        switchboard,
        asked,
        record_state.recording,
        duration_ms,
        digits,
    );
    let asked = core::mem::take(asked);
    request_document(switchboard, now, sid, action, asked);
}

fn add(
    switchboard: &Switchboard,
    asked: &mut Fields,
    recording: RecordingSid,
    duration_ms: u64,
    digits: Option<String>,
) {
    let seconds = duration_ms / 1_000;
    let url = notifications::recording_url(switchboard, recording);
    asked.push(("RecordingUrl".to_owned(), url));
    asked.push(("RecordingSid".to_owned(), recording.to_string()));
    asked.push(("RecordingDuration".to_owned(), seconds.to_string()));
    asked.extend(digits.map(|digits| ("Digits".to_owned(), digits)));
}

/// Returns the duration of the recorded audio; `None` if there is none.
fn duration_ms(end: &RecordingEnd) -> Option<u64> {
    match end {
        RecordingEnd::Written { duration_ms, .. } | RecordingEnd::Failed { duration_ms, .. } => {
            Some(*duration_ms)
        }
        RecordingEnd::Absent => None,
    }
}

/// Stores the action request of an ended call until the recording's file is complete.
pub(super) fn hung_up(switchboard: &mut Switchboard, sid: CallSid) {
    let Some(record_state) = record_state(switchboard, sid).cloned() else {
        return;
    };
    let call = switchboard.calls.get(sid);
    let asked = call.map(|call| fields::voice(switchboard, call));
    let cookies = call.map(|call| call.cookies.clone()).unwrap_or_default();
    let digits = match record_state.stage {
        Stage::Ended(key) => key.map(|key| key.0.to_string()),
        Stage::Listening => Some("hangup".to_owned()),
    };
    if let (Some(action), Some(recording), true) = (
        record_state.action,
        switchboard.recordings.get_mut(record_state.recording),
        record_state.spoke,
    ) {
        recording.deferred_action = Some(Box::new(DeferredAction {
            action,
            fields: asked.unwrap_or_default(),
            digits,
            cookies,
        }));
    }
}

/// Sends the stored action request of an ended call after the recording's file is complete.
pub(crate) fn recording_complete_after_end(
    switchboard: &mut Switchboard,
    recording: RecordingSid,
    deferred_action: DeferredAction,
    end: &RecordingEnd,
) {
    let Some(duration_ms) = duration_ms(end) else {
        return;
    };
    let DeferredAction {
        action,
        mut fields,
        digits,
        cookies,
    } = deferred_action;
    add(switchboard, &mut fields, recording, duration_ms, digits);
    send_final_request(switchboard, &action, fields, cookies);
}

/// Ends the recording of a call that is redirected by the API, without an action request.
pub(super) fn abandon(switchboard: &mut Switchboard, now: Now, sid: CallSid) {
    stop_listening(switchboard, sid);
    switchboard.timers.cancel(Timer::RecordFile(sid));
    if let Some(recording) =
        record_state(switchboard, sid).map(|record_state| record_state.recording)
    {
        set_step(switchboard, sid, PendingOperation::Idle);
        calls::stop_recording(switchboard, now, recording);
    }
}
