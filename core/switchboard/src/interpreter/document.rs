//! The call's own document: from the voice URL, a `<Redirect>` or an action to the hang-up after
//! the last verb. Answers the call at the first verb that needs an answered call.

use confab_conference::Url;
use confab_cxml::{Document, Verb};
use confab_terms::{AudioId, CallSid, Method, Now, limits};

use super::dial;
use super::execution::{PendingOperation, cancel_pending, next_verb, running};
use super::fetched::{DocumentError, decode, failed as document_failed, notice};
use super::http_request::{resolve, send_request};
use super::playback;
use super::record;
use crate::CallEnd;
use crate::calls;
use crate::notifications::fields::{self, Fields};
use crate::state::{CallState, DocumentRole, FetchOwner, Timer};
use crate::{FetchKind, Switchboard};

/// Requests the call's next document.
pub(crate) fn request_document(
    switchboard: &mut Switchboard,
    now: Now,
    sid: CallSid,
    from: &Url,
    fields: Fields,
) {
    let whose = FetchOwner::Document(sid, DocumentRole::Document);
    let fetch = send_request(
        switchboard,
        whose,
        FetchKind::Document,
        from,
        fields.clone(),
    );
    if let Some(execution) = running(switchboard, sid, DocumentRole::Document) {
        execution.requested = Some(from.clone());
        execution.request_fields = fields;
        execution.pending = PendingOperation::Fetching(fetch);
    }
    let at = now.instant + limits::DOCUMENT_WAIT;
    switchboard.timers.set(Timer::Document(sid), at);
}

/// Runs a parsed document.
pub(crate) fn run_document(
    switchboard: &mut Switchboard,
    now: Now,
    sid: CallSid,
    document: Document,
    base: String,
) {
    if let Some(execution) = running(switchboard, sid, DocumentRole::Document) {
        execution.load(document, base, now.instant);
        advance(switchboard, now, sid);
    }
}

/// Executes verbs up to the first one that takes time.
pub(crate) fn advance(switchboard: &mut Switchboard, now: Now, sid: CallSid) {
    loop {
        let Some(verb) = next_verb(switchboard, sid, DocumentRole::Document) else {
            return hang_up(switchboard, now, sid);
        };
        if !begin(switchboard, now, sid, verb) {
            return;
        }
    }
}

/// Begins a verb. Returns true if the verb is complete; the caller then executes the next verb.
fn begin(switchboard: &mut Switchboard, now: Now, sid: CallSid, verb: Verb) -> bool {
    let Some(call) = switchboard.calls.get(sid) else {
        return false;
    };
    let rings = matches!(call.state, CallState::Ringing { .. });
    let is_up = call.is_up();
    match verb {
        Verb::Hangup => hang_up(switchboard, now, sid),
        Verb::Reject { busy } if rings => {
            let status = if busy { 486 } else { 603 };
            calls::end_call(switchboard, now, sid, CallEnd::Refused(status));
        }
        // An answered call cannot be rejected: hang up.
        Verb::Reject { .. } => hang_up(switchboard, now, sid),
        Verb::Redirect { url, method } => redirect(switchboard, now, sid, &url, method),
        Verb::Dial(dial) => return dial::begin(switchboard, now, sid, &dial),
        Verb::Record(verb) if is_up => return record::begin(switchboard, now, sid, *verb),
        Verb::Pause { length } if rings => {
            set_step(switchboard, sid, PendingOperation::Pausing);
            switchboard
                .timers
                .set(Timer::Pause(sid), now.instant + length);
        }
        verb if is_up => {
            return !playback::begin(switchboard, now, sid, DocumentRole::Document, &verb);
        }
        verb => {
            set_step(switchboard, sid, PendingOperation::Answering(verb));
            calls::open_leg(switchboard, now, sid);
        }
    }
    false
}

/// Plays audio received in place of a document, after answering the call.
pub(super) fn play_audio(switchboard: &mut Switchboard, now: Now, sid: CallSid, audio: AudioId) {
    if switchboard
        .calls
        .get(sid)
        .is_some_and(crate::state::Call::is_up)
    {
        decode(switchboard, sid, DocumentRole::Document, audio, None);
    } else {
        set_step(switchboard, sid, PendingOperation::AnsweringAudio(audio));
        calls::open_leg(switchboard, now, sid);
    }
}

pub(super) fn set_step(switchboard: &mut Switchboard, sid: CallSid, step: PendingOperation) {
    if let Some(execution) = running(switchboard, sid, DocumentRole::Document) {
        execution.pending = step;
    }
}

/// Continues the step that waited for the established call.
pub(crate) fn call_established(switchboard: &mut Switchboard, now: Now, sid: CallSid) {
    let Some(execution) = running(switchboard, sid, DocumentRole::Document) else {
        return;
    };
    match core::mem::take(&mut execution.pending) {
        PendingOperation::Answering(verb) => {
            if begin(switchboard, now, sid, verb) {
                advance(switchboard, now, sid);
            }
        }
        PendingOperation::AnsweringAudio(audio) => {
            decode(switchboard, sid, DocumentRole::Document, audio, None);
        }
        PendingOperation::Dialled => {
            set_step(switchboard, sid, PendingOperation::Dialled);
            if let Err(why) = calls::take_seat(switchboard, now, sid) {
                dial::not_seated(switchboard, now, sid, &why);
            }
        }
        step => execution.pending = step,
    }
}

/// Ends the `<Pause>` before the answer.
pub(crate) fn pause_ended(switchboard: &mut Switchboard, now: Now, sid: CallSid) {
    let waits = running(switchboard, sid, DocumentRole::Document)
        .is_some_and(|execution| matches!(execution.pending, PendingOperation::Pausing));
    if waits {
        advance(switchboard, now, sid);
    }
}

fn redirect(switchboard: &mut Switchboard, now: Now, sid: CallSid, url: &str, method: Method) {
    let Some(call) = switchboard.calls.get_mut(sid) else {
        return;
    };
    let too_often = call.redirects.too_often(now.instant, call.document.began);
    let to = resolve(&call.document.base, url, method);
    let asked = switchboard
        .calls
        .get(sid)
        .map(|call| fields::voice(switchboard, call));
    match to {
        _ if too_often => {
            let message = format!("more than {} <Redirect>s in a row", limits::REDIRECTS_MAX);
            document_failed(
                switchboard,
                now,
                sid,
                DocumentRole::Document,
                DocumentError::of(11215, message),
            );
        }
        Some(to) => request_document(switchboard, now, sid, &to, asked.unwrap_or_default()),
        None => {
            let message = format!("<Redirect> to {url:?}, which is no http or https URL");
            document_failed(
                switchboard,
                now,
                sid,
                DocumentRole::Document,
                DocumentError::of(11100, message),
            );
        }
    }
}

/// Handles the timeout of a document's request.
pub(crate) fn document_timeout(switchboard: &mut Switchboard, now: Now, sid: CallSid) {
    cancel_pending(switchboard, sid, DocumentRole::Document);
    let seconds = limits::DOCUMENT_WAIT.as_secs();
    let message = format!("no document within {seconds} s");
    notice(
        switchboard,
        now,
        sid,
        DocumentRole::Document,
        DocumentError::of(11200, message),
    );
    failed(switchboard, now, sid, 11200);
}

/// Handles the failure of a document: requests the fallback URL, else rejects with 480 or hangs up.
pub(super) fn failed(switchboard: &mut Switchboard, now: Now, sid: CallSid, code: u32) {
    if !request_fallback(switchboard, now, sid, code) {
        end(switchboard, now, sid, 480);
    }
}

/// Requests the fallback URL. Returns false for a failed fallback URL, and beyond the limit of
/// fallbacks.
fn request_fallback(switchboard: &mut Switchboard, now: Now, sid: CallSid, code: u32) -> bool {
    let Some(call) = switchboard.calls.get_mut(sid) else {
        return false;
    };
    let (to, failed) = (call.fallback.clone(), call.document.requested.clone());
    let Some(to) = to.filter(|to| failed.as_ref() != Some(to)) else {
        return false;
    };
    if call.fallbacks >= limits::FALLBACKS_MAX {
        return false;
    }
    call.fallbacks += 1;
    let asked = switchboard
        .calls
        .get(sid)
        .map(|call| fields::voice(switchboard, call));
    let mut asked = asked.unwrap_or_default();
    asked.push(("ErrorCode".to_owned(), code.to_string()));
    if let Some(failed) = failed {
        asked.push(("ErrorUrl".to_owned(), failed.url));
    }
    request_document(switchboard, now, sid, &to, asked);
    true
}

fn hang_up(switchboard: &mut Switchboard, now: Now, sid: CallSid) {
    end(switchboard, now, sid, 603);
}

fn end(switchboard: &mut Switchboard, now: Now, sid: CallSid, refusal: u16) {
    let Some(call) = switchboard.calls.get(sid) else {
        return;
    };
    let end = match call.state {
        CallState::Ringing { .. } | CallState::Opening { .. } => CallEnd::Refused(refusal),
        CallState::Offering { .. } | CallState::Answered(_) | CallState::Up(_) => CallEnd::WeHangUp,
    };
    calls::end_call(switchboard, now, sid, end);
}
