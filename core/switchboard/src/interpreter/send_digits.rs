//! DTMF digits sent by a call: those of `<Play digits>`, in documents of every role, and those of
//! `SendDigits`, which precede the first document.

use confab_media::{Command, Key};
use confab_terms::{CallSid, Digit, DigitString, Now, PlayerId};

use super::document::set_step;
use super::execution::{PendingOperation, running};
use super::fetched::advance;
use super::redirect_call::{Next, redirect_call};
use crate::state::DocumentRole;
use crate::{Output, Switchboard};

/// Duration of `w`, half a second; `W` is twice as long.
const WAIT_TICKS: u16 = 25;

/// Begins a `<Play digits>`.
pub(super) fn begin(
    switchboard: &mut Switchboard,
    sid: CallSid,
    role: DocumentRole,
    digits: &DigitString,
) {
    let player = press(switchboard, sid, digits);
    if let Some(execution) = running(switchboard, sid, role) {
        execution.pending = PendingOperation::SendingDigits(player);
    }
}

/// Sends the `SendDigits` of an answered outbound call, before its first document.
pub(crate) fn send_initial_digits(
    switchboard: &mut Switchboard,
    sid: CallSid,
    digits: &DigitString,
) {
    let player = press(switchboard, sid, digits);
    set_step(
        switchboard,
        sid,
        PendingOperation::SendingInitialDigits(player),
    );
}

/// Runs the first document of an outbound call.
pub(crate) fn run_first_document(switchboard: &mut Switchboard, now: Now, sid: CallSid) {
    let outgoing = switchboard
        .calls
        .get(sid)
        .and_then(|call| call.outgoing.as_ref());
    // Creation of the call has validated the document.
    if let Some(Ok(next)) = outgoing.map(|outgoing| Next::of(&outgoing.first)) {
        redirect_call(switchboard, now, sid, next);
    }
}

/// Sends digits; the player id identifies the event at the end of the last digit.
fn press(switchboard: &mut Switchboard, sid: CallSid, digits: &DigitString) -> PlayerId {
    let player = switchboard.ids.player();
    let keys = digits.as_str().chars().map(key).collect();
    if let Some((leg, thread)) = switchboard.calls.get(sid).map(|c| (c.leg, c.thread)) {
        let command = Command::SendDigits { leg, player, keys };
        switchboard.send(Output::Media { thread, command });
    }
    player
}

fn key(char: char) -> Key {
    match char {
        'w' => Key::Wait { ticks: WAIT_TICKS },
        'W' => Key::Wait {
            ticks: 2 * WAIT_TICKS,
        },
        key => Key::Press(Digit(key)),
    }
}

/// Cancels digits that were not sent yet.
pub(super) fn stop(switchboard: &mut Switchboard, sid: CallSid, player: PlayerId) {
    if let Some((leg, thread)) = switchboard.calls.get(sid).map(|c| (c.leg, c.thread)) {
        let command = Command::StopDigits { leg, player };
        switchboard.send(Output::Media { thread, command });
    }
}

/// Continues the document after the last digit. Returns false if no document waits for this player.
pub(super) fn over(
    switchboard: &mut Switchboard,
    now: Now,
    sid: CallSid,
    player: PlayerId,
) -> bool {
    for role in [
        DocumentRole::Document,
        DocumentRole::Music,
        DocumentRole::Announcement,
    ] {
        let Some(execution) = running(switchboard, sid, role) else {
            continue;
        };
        let was_first = match &execution.pending {
            PendingOperation::SendingDigits(keys) if *keys == player => false,
            PendingOperation::SendingInitialDigits(keys) if *keys == player => true,
            _ => continue,
        };
        execution.pending = PendingOperation::Idle;
        if was_first {
            run_first_document(switchboard, now, sid);
        } else {
            advance(switchboard, now, sid, role);
        }
        return true;
    }
    false
}
