//! Keys that a call presses on its own phone: those of `<Play digits>`, in any of its programs, and
//! those that it was created with, which go before its first document.

use confab_media::{Command, Key};
use confab_terms::{CallSid, Digit, DigitString, Now, PlayerId};

use super::document::set_step;
use super::running::{Step, running};
use super::sent_on::{Next, send_on};
use super::step::advance;
use crate::live::Role;
use crate::{Output, Switchboard};

/// `w` is half a second; `W` is two of it.
const WAIT_TICKS: u16 = 25;

/// Begins a verb of keys.
pub(super) fn begin(board: &mut Switchboard, sid: CallSid, role: Role, digits: &DigitString) {
    let player = press(board, sid, digits);
    if let Some(program) = running(board, sid, role) {
        program.step = Step::Pressing(player);
    }
}

/// Somebody has answered a call of ours: these go first.
pub(crate) fn press_first(board: &mut Switchboard, sid: CallSid, digits: &DigitString) {
    let player = press(board, sid, digits);
    set_step(board, sid, Step::PressingFirst(player));
}

/// A call of ours runs what it was created for.
pub(crate) fn run_first(board: &mut Switchboard, now: Now, sid: CallSid) {
    let outgoing = board.calls.get(sid).and_then(|call| call.outgoing.as_ref());
    // It could be read when the call was wished for.
    if let Some(Ok(next)) = outgoing.map(|outgoing| Next::of(&outgoing.first)) {
        send_on(board, now, sid, next);
    }
}

/// Orders them; their name tells when the last is out.
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

/// Those that are not out yet are not wanted any more.
pub(super) fn stop(board: &mut Switchboard, sid: CallSid, player: PlayerId) {
    if let Some((leg, thread)) = board.calls.get(sid).map(|c| (c.leg, c.thread)) {
        let command = Command::StopDigits { leg, player };
        board.send(Output::Media { thread, command });
    }
}

/// The last is out: its program goes on. `false`: no program waits for these.
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
