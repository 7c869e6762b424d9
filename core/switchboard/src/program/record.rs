//! `<Record>`: tone, recording until silence, a finish key, the maximum length or the hang-up, and
//! the action request after the file is complete.

use confab_conference::Url;
use confab_cxml::Record;
use confab_media::Source;
use confab_terms::{CallSid, Digit, Now, PlayerId, RecordingSid, limits};
use serde::{Deserialize, Serialize};

use super::ask::{ask_farewell, resolve};
use super::dial::{absolute, recording};
use super::document::{advance, ask_document, set_step};
use super::running::{Step, running};
use super::sound;
use crate::flow;
use crate::live::{Role, Timer};
use crate::tell::{self, fields, fields::Fields};
use crate::{Cookies, RecordingEnd, RecordingOf, RecordingSource, Switchboard};

/// Duration of silence at the time of the media thread's report of silence.
const TOLD_QUIET_AFTER: core::time::Duration = core::time::Duration::from_secs(1);

/// Running `<Record>`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Taking {
    recording: RecordingSid,
    verb: Record,
    /// Action URL. `None`: the next verb follows without a request.
    action: Option<Url>,
    /// True if the caller has spoken.
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
pub(crate) struct LastWord {
    action: Url,
    fields: Fields,
    digits: Option<String>,
    cookies: Cookies,
}

/// Begins a `<Record>`. Returns true if recording is impossible; the caller then executes the next
/// verb.
pub(super) fn begin(board: &mut Switchboard, now: Now, sid: CallSid, verb: Record) -> bool {
    if !verb.play_beep {
        return !start(board, now, sid, verb);
    }
    let player = sound::start(board, sid, Role::Document, Source::Beep, false);
    set_step(board, sid, Step::Beeping(player, Box::new(verb)));
    false
}

/// Starts the recording after the tone. Returns false if the player is not the tone.
pub(super) fn beep_over(board: &mut Switchboard, now: Now, sid: CallSid, player: PlayerId) -> bool {
    let Some(program) = running(board, sid, Role::Document) else {
        return false;
    };
    match core::mem::take(&mut program.step) {
        Step::Beeping(beep, verb) if beep == player => {
            sound::silence(board, sid);
            if !start(board, now, sid, *verb) {
                advance(board, now, sid);
            }
            true
        }
        step => {
            program.step = step;
            false
        }
    }
}

/// Starts the recording. Returns false after a failure, which is reported.
fn start(board: &mut Switchboard, now: Now, sid: CallSid, verb: Record) -> bool {
    let Some(program) = running(board, sid, Role::Document) else {
        return false;
    };
    let base = program.base.clone();
    let action = match verb.action.as_deref() {
        Some(url) => absolute(board, now, sid, &base, url, verb.method),
        None => resolve(&base, "", verb.method),
    };
    let wish = recording(board, now, sid, &base, &verb.recording);
    let of = RecordingOf::Call(sid);
    match flow::record(board, now, of, RecordingSource::Record, None, wish) {
        Ok(recording) => {
            let (quiet, long) = (now.instant + verb.timeout, now.instant + verb.max_length);
            let taking = Taking {
                recording,
                verb,
                action,
                spoke: false,
                stage: Stage::Listening,
            };
            set_step(board, sid, Step::Recording(Box::new(taking)));
            board.timers.set(Timer::Silence(sid), quiet);
            board.timers.set(Timer::Length(sid), long);
            true
        }
        Err(refusal) => {
            tell::not_recorded(board, now, of, &refusal);
            false
        }
    }
}

/// Returns the running `<Record>` of the call's document.
fn taking(board: &mut Switchboard, sid: CallSid) -> Option<&mut Taking> {
    match &mut running(board, sid, Role::Document)?.step {
        Step::Recording(taking) => Some(taking),
        _ => None,
    }
}

/// Handles the begin of speech, or a second of silence.
pub(crate) fn voice(board: &mut Switchboard, now: Now, recording: RecordingSid, speaks: bool) {
    let of = board.recordings.get(recording).map(|known| known.view.of);
    let Some(RecordingOf::Call(sid)) = of else {
        board.counted.stale_answers += 1;
        return;
    };
    let Some(taking) = taking(board, sid).filter(|taking| taking.recording == recording) else {
        return;
    };
    if taking.stage != Stage::Listening {
        return;
    }
    if speaks {
        taking.spoke = true;
        board.timers.cancel(Timer::Silence(sid));
    } else {
        let left = taking.verb.timeout.saturating_sub(TOLD_QUIET_AFTER);
        board.timers.set(Timer::Silence(sid), now.instant + left);
    }
}

/// Handles a DTMF digit.
pub(crate) fn key(board: &mut Switchboard, now: Now, sid: CallSid, digit: Digit) {
    let ends = taking(board, sid).is_some_and(|taking| {
        taking.stage == Stage::Listening && taking.verb.finish_on_key.contains(digit.0)
    });
    if ends {
        finish(board, now, sid, Some(digit));
    }
}

/// Ends the recording after the silence timeout or the maximum length.
pub(crate) fn enough(board: &mut Switchboard, now: Now, sid: CallSid) {
    finish(board, now, sid, None);
}

fn finish(board: &mut Switchboard, now: Now, sid: CallSid, key: Option<Digit>) {
    let Some(taking) = taking(board, sid) else {
        return;
    };
    taking.stage = Stage::Ended(key);
    let recording = taking.recording;
    stop_listening(board, sid);
    let at = now.instant + limits::RECORD_WRITTEN_WAIT;
    board.timers.set(Timer::Written(sid), at);
    flow::stop_recording(board, now, recording);
}

fn stop_listening(board: &mut Switchboard, sid: CallSid) {
    board.timers.cancel(Timer::Silence(sid));
    board.timers.cancel(Timer::Length(sid));
}

/// Handles the final report about the file.
pub(crate) fn written(
    board: &mut Switchboard,
    now: Now,
    sid: CallSid,
    recording: RecordingSid,
    end: &RecordingEnd,
) {
    if taking(board, sid).is_some_and(|taking| taking.recording == recording) {
        go_on(board, now, sid, duration_ms(end));
    }
}

/// Continues the document after the timeout of the file.
pub(crate) fn not_written(board: &mut Switchboard, now: Now, sid: CallSid) {
    let began = taking(board, sid).map(|taking| taking.recording);
    let began = began.and_then(|sid| Some(board.recordings.get(sid)?.began));
    let ms = began.map_or(0, |began| now.instant.saturating_since(began).as_millis());
    go_on(board, now, sid, u64::try_from(ms).ok());
}

/// Requests the action URL, or executes the next verb if the recording contains no speech.
fn go_on(board: &mut Switchboard, now: Now, sid: CallSid, duration_ms: Option<u64>) {
    stop_listening(board, sid);
    board.timers.cancel(Timer::Written(sid));
    let Some(program) = running(board, sid, Role::Document) else {
        return;
    };
    let taking = match core::mem::take(&mut program.step) {
        Step::Recording(taking) => taking,
        step => {
            program.step = step;
            return;
        }
    };
    let said = duration_ms.filter(|_| taking.spoke);
    let (Some(action), Some(duration_ms)) = (&taking.action, said) else {
        return advance(board, now, sid);
    };
    let mut asked = board.calls.get(sid).map(|call| fields::voice(board, call));
    let asked = asked.get_or_insert_default();
    let digits = match taking.stage {
        Stage::Ended(key) => key.map(|key| key.0.to_string()),
        Stage::Listening => None,
    };
    add(board, asked, taking.recording, duration_ms, digits);
    let asked = core::mem::take(asked);
    ask_document(board, now, sid, action, asked);
}

fn add(
    board: &Switchboard,
    asked: &mut Fields,
    recording: RecordingSid,
    duration_ms: u64,
    digits: Option<String>,
) {
    let seconds = duration_ms / 1_000;
    let url = tell::recording_url(board, recording);
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
pub(super) fn hung_up(board: &mut Switchboard, sid: CallSid) {
    let Some(taken) = taking(board, sid).cloned() else {
        return;
    };
    let call = board.calls.get(sid);
    let asked = call.map(|call| fields::voice(board, call));
    let cookies = call.map(|call| call.cookies.clone()).unwrap_or_default();
    let digits = match taken.stage {
        Stage::Ended(key) => key.map(|key| key.0.to_string()),
        Stage::Listening => Some("hangup".to_owned()),
    };
    if let (Some(action), Some(recording), true) = (
        taken.action,
        board.recordings.get_mut(taken.recording),
        taken.spoke,
    ) {
        recording.last_word = Some(Box::new(LastWord {
            action,
            fields: asked.unwrap_or_default(),
            digits,
            cookies,
        }));
    }
}

/// Sends the stored action request of an ended call after the recording's file is complete.
pub(crate) fn farewell_recorded(
    board: &mut Switchboard,
    recording: RecordingSid,
    last_word: LastWord,
    end: &RecordingEnd,
) {
    let Some(duration_ms) = duration_ms(end) else {
        return;
    };
    let LastWord {
        action,
        mut fields,
        digits,
        cookies,
    } = last_word;
    add(board, &mut fields, recording, duration_ms, digits);
    ask_farewell(board, &action, fields, cookies);
}

/// Ends the recording of a call that is redirected by the API, without an action request.
pub(super) fn abandon(board: &mut Switchboard, now: Now, sid: CallSid) {
    stop_listening(board, sid);
    board.timers.cancel(Timer::Written(sid));
    if let Some(recording) = taking(board, sid).map(|taking| taking.recording) {
        set_step(board, sid, Step::Idle);
        flow::stop_recording(board, now, recording);
    }
}
