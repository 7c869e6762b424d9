//! DTMF digits sent by a call: those of `<Play digits>`, in documents of every role, and those of
//! `SendDigits`, which precede the first document.

use confab_media::{Command, Key};
use confab_terms::{CallSid, Digit, DigitString, Now, PlayerId};

use super::document::set_step;
use super::running::{Step, running};
use super::sent_on::{Next, send_on};
use super::step::advance;
use crate::live::Role;
use crate::{Output, Switchboard};

/// Duration of `w`, half a second; `W` is twice as long.
const WAIT_TICKS: u16 = 25;

/// Begins a `<Play digits>`.
pub(super) fn begin(board: &mut Switchboard, sid: CallSid, role: Role, digits: &DigitString) {
    let player = press(board, sid, digits);
    if let Some(program) = running(board, sid, role) {
        program.step = Step::Pressing(player);
    }
}

/// Sends the `SendDigits` of an answered outbound call, before its first document.
pub(crate) fn press_first(board: &mut Switchboard, sid: CallSid, digits: &DigitString) {
    let player = press(board, sid, digits);
    set_step(board, sid, Step::PressingFirst(player));
}

/// Runs the first document of an outbound call.
pub(crate) fn run_first(board: &mut Switchboard, now: Now, sid: CallSid) {
    let outgoing = board.calls.get(sid).and_then(|call| call.outgoing.as_ref());
    // Creation of the call has validated the document.
    if let Some(Ok(next)) = outgoing.map(|outgoing| Next::of(&outgoing.first)) {
        send_on(board, now, sid, next);
    }
}

/// Sends digits; the player id identifies the event at the end of the last digit.
fn press(board: &mut Switchboard, sid: CallSid, digits: &DigitString) -> PlayerId {
    let player = board.names.player();
    let keys = digits.as_str().chars().map(key).collect();
    if let Some((leg, thread)) = board.calls.get(sid).map(|c| (c.leg, c.thread)) {
        let command = Command::SendDigits { leg, player, keys };
        board.send(Output::Media { thread, command });
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
pub(super) fn stop(board: &mut Switchboard, sid: CallSid, player: PlayerId) {
    if let Some((leg, thread)) = board.calls.get(sid).map(|c| (c.leg, c.thread)) {
        let command = Command::StopDigits { leg, player };
        board.send(Output::Media { thread, command });
    }
}

/// Continues the document after the last digit. Returns false if no document waits for this player.
pub(super) fn over(board: &mut Switchboard, now: Now, sid: CallSid, player: PlayerId) -> bool {
    for role in [Role::Document, Role::Music, Role::Announcement] {
        let Some(program) = running(board, sid, role) else {
            continue;
        };
        let was_first = match &program.step {
            Step::Pressing(keys) if *keys == player => false,
            Step::PressingFirst(keys) if *keys == player => true,
            _ => continue,
        };
        program.step = Step::Idle;
        if was_first {
            run_first(board, now, sid);
        } else {
            advance(board, now, sid, role);
        }
        return true;
    }
    false
}
