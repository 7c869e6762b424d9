//! The call's own document: from the voice URL, a `<Redirect>` or an action to the hang-up after
//! the last verb. Answers the call at the first verb that needs an answered call.

use confab_conference::Url;
use confab_cxml::{Document, Verb};
use confab_terms::{AudioId, CallSid, Method, Now, limits};

use super::ask::{ask, resolve};
use super::dial;
use super::record;
use super::running::{Step, forget_question, next_verb, running};
use super::sound;
use super::step::{Fault, decode, failed as program_failed, notice};
use crate::CallEnd;
use crate::flow;
use crate::live::{CallState, Fetching, Role, Timer};
use crate::tell::fields::{self, Fields};
use crate::{FetchKind, Switchboard};

/// Requests the call's next document.
pub(crate) fn ask_document(
    board: &mut Switchboard,
    now: Now,
    sid: CallSid,
    from: &Url,
    fields: Fields,
) {
    let whose = Fetching::Program(sid, Role::Document);
    let fetch = ask(board, whose, FetchKind::Document, from, fields.clone());
    if let Some(program) = running(board, sid, Role::Document) {
        program.asked = Some(from.clone());
        program.sent = fields;
        program.step = Step::Fetching(fetch);
    }
    let at = now.instant + limits::DOCUMENT_WAIT;
    board.timers.set(Timer::Document(sid), at);
}

/// Runs a parsed document.
pub(crate) fn run_document(
    board: &mut Switchboard,
    now: Now,
    sid: CallSid,
    document: Document,
    base: String,
) {
    if let Some(program) = running(board, sid, Role::Document) {
        program.load(document, base, now.instant);
        advance(board, now, sid);
    }
}

/// Executes verbs up to the first one that takes time.
pub(crate) fn advance(board: &mut Switchboard, now: Now, sid: CallSid) {
    loop {
        let Some(verb) = next_verb(board, sid, Role::Document) else {
            return hang_up(board, now, sid);
        };
        if !begin(board, now, sid, verb) {
            return;
        }
    }
}

/// Begins a verb. Returns true if the verb is complete; the caller then executes the next verb.
fn begin(board: &mut Switchboard, now: Now, sid: CallSid, verb: Verb) -> bool {
    let Some(call) = board.calls.get(sid) else {
        return false;
    };
    let rings = matches!(call.state, CallState::Ringing { .. });
    let is_up = call.is_up();
    match verb {
        Verb::Hangup => hang_up(board, now, sid),
        Verb::Reject { busy } if rings => {
            let status = if busy { 486 } else { 603 };
            flow::end_call(board, now, sid, CallEnd::Refused(status));
        }
        // An answered call cannot be rejected: hang up.
        Verb::Reject { .. } => hang_up(board, now, sid),
        Verb::Redirect { url, method } => redirect(board, now, sid, &url, method),
        Verb::Dial(dial) => return dial::begin(board, now, sid, &dial),
        Verb::Record(verb) if is_up => return record::begin(board, now, sid, *verb),
        Verb::Pause { length } if rings => {
            set_step(board, sid, Step::Pausing);
            board.timers.set(Timer::Pause(sid), now.instant + length);
        }
        verb if is_up => return !sound::begin(board, now, sid, Role::Document, &verb),
        verb => {
            set_step(board, sid, Step::Answering(verb));
            flow::open_leg(board, now, sid);
        }
    }
    false
}

/// Plays audio received in place of a document, after answering the call.
pub(super) fn play_audio(board: &mut Switchboard, now: Now, sid: CallSid, audio: AudioId) {
    if board.calls.get(sid).is_some_and(crate::live::Call::is_up) {
        decode(board, sid, Role::Document, audio, None);
    } else {
        set_step(board, sid, Step::AnsweringAudio(audio));
        flow::open_leg(board, now, sid);
    }
}

pub(super) fn set_step(board: &mut Switchboard, sid: CallSid, step: Step) {
    if let Some(program) = running(board, sid, Role::Document) {
        program.step = step;
    }
}

/// Continues the step that waited for the established call.
pub(crate) fn call_is_up(board: &mut Switchboard, now: Now, sid: CallSid) {
    let Some(program) = running(board, sid, Role::Document) else {
        return;
    };
    match core::mem::take(&mut program.step) {
        Step::Answering(verb) => {
            if begin(board, now, sid, verb) {
                advance(board, now, sid);
            }
        }
        Step::AnsweringAudio(audio) => decode(board, sid, Role::Document, audio, None),
        Step::Dialled => {
            set_step(board, sid, Step::Dialled);
            if let Err(why) = flow::take_seat(board, now, sid) {
                dial::not_seated(board, now, sid, &why);
            }
        }
        step => program.step = step,
    }
}

/// Ends the `<Pause>` before the answer.
pub(crate) fn pause_over(board: &mut Switchboard, now: Now, sid: CallSid) {
    let waits = running(board, sid, Role::Document)
        .is_some_and(|program| matches!(program.step, Step::Pausing));
    if waits {
        advance(board, now, sid);
    }
}

fn redirect(board: &mut Switchboard, now: Now, sid: CallSid, url: &str, method: Method) {
    let Some(call) = board.calls.get_mut(sid) else {
        return;
    };
    let too_often = call.redirects.too_often(now.instant, call.flow.began);
    let to = resolve(&call.flow.base, url, method);
    let asked = board.calls.get(sid).map(|call| fields::voice(board, call));
    match to {
        _ if too_often => {
            let message = format!("more than {} <Redirect>s in a row", limits::REDIRECTS_MAX);
            program_failed(board, now, sid, Role::Document, Fault::of(11215, message));
        }
        Some(to) => ask_document(board, now, sid, &to, asked.unwrap_or_default()),
        None => {
            let message = format!("<Redirect> to {url:?}, which is no http or https URL");
            program_failed(board, now, sid, Role::Document, Fault::of(11100, message));
        }
    }
}

/// Handles the timeout of a document's request.
pub(crate) fn document_too_late(board: &mut Switchboard, now: Now, sid: CallSid) {
    forget_question(board, sid, Role::Document);
    let seconds = limits::DOCUMENT_WAIT.as_secs();
    let message = format!("no document within {seconds} s");
    notice(board, now, sid, Role::Document, Fault::of(11200, message));
    failed(board, now, sid, 11200);
}

/// Handles the failure of a document: requests the fallback URL, else rejects with 480 or hangs up.
pub(super) fn failed(board: &mut Switchboard, now: Now, sid: CallSid, code: u32) {
    if !ask_fallback(board, now, sid, code) {
        end(board, now, sid, 480);
    }
}

/// Requests the fallback URL. Returns false for a failed fallback URL, and beyond the limit of
/// fallbacks.
fn ask_fallback(board: &mut Switchboard, now: Now, sid: CallSid, code: u32) -> bool {
    let Some(call) = board.calls.get_mut(sid) else {
        return false;
    };
    let (to, failed) = (call.fallback.clone(), call.flow.asked.clone());
    let Some(to) = to.filter(|to| failed.as_ref() != Some(to)) else {
        return false;
    };
    if call.fallbacks >= limits::FALLBACKS_MAX {
        return false;
    }
    call.fallbacks += 1;
    let asked = board.calls.get(sid).map(|call| fields::voice(board, call));
    let mut asked = asked.unwrap_or_default();
    asked.push(("ErrorCode".to_owned(), code.to_string()));
    if let Some(failed) = failed {
        asked.push(("ErrorUrl".to_owned(), failed.url));
    }
    ask_document(board, now, sid, &to, asked);
    true
}

fn hang_up(board: &mut Switchboard, now: Now, sid: CallSid) {
    end(board, now, sid, 603);
}

fn end(board: &mut Switchboard, now: Now, sid: CallSid, refusal: u16) {
    let Some(call) = board.calls.get(sid) else {
        return;
    };
    let end = match call.state {
        CallState::Ringing { .. } | CallState::Opening { .. } => CallEnd::Refused(refusal),
        CallState::Offering { .. } | CallState::Answered(_) | CallState::Up(_) => CallEnd::WeHangUp,
    };
    flow::end_call(board, now, sid, end);
}
