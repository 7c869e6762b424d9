//! Events of media threads: applied change, end of a player, speech, figures, media timeout, DTMF
//! digit, audibility.

use confab_conference::LeaveReason;
use confab_media::Event;
use confab_terms::{Digit, LegId, Now};

use crate::Switchboard;
use crate::asked;
use crate::flow;
use crate::program;
use crate::tell;

pub(crate) fn media(board: &mut Switchboard, now: Now, event: Event) {
    match event {
        Event::Applied { room, number, tick } => {
            if let Some(conference) = board.rooms.of_room(room) {
                flow::applied(board, conference, number, tick);
            }
        }
        Event::PlayerEnded { leg, player } => {
            if let Some(call) = board.calls.of_leg(leg) {
                program::player_ended(board, now, call, player);
            }
        }
        Event::Speech { leg, speaks } => {
            if let Some(call) = board.calls.of_leg(leg) {
                flow::speech(board, now, call, speaks);
            }
        }
        Event::Voice { recording, speaks } => program::voice(board, now, recording, speaks),
        Event::Figures { leg, figures } => {
            let call = board.calls.of_leg(leg);
            if let Some(call) = call.and_then(|sid| board.calls.get_mut(sid)) {
                call.figures = Some(Box::new(figures));
            }
        }
        Event::MediaTimeout { leg } => {
            let call = board.calls.of_leg(leg).and_then(|sid| board.calls.get(sid));
            if let Some(dialog) = call.filter(|call| call.is_up()).map(|call| call.dialog) {
                board.sip.probe(now.instant, dialog);
            }
        }
        Event::LegRemoved { leg, figures } => tell::parted(board, now, leg, Some(&figures)),
        Event::Digit { leg, digit } => digit_pressed(board, now, leg, digit),
        Event::Audibility {
            request,
            tick,
            pairs,
        } => asked::told_audibility(board, request, tick, &pairs),
    }
}

/// Handles a DTMF digit, received by RFC 4733, in-band tone or INFO.
pub(super) fn digit_pressed(board: &mut Switchboard, now: Now, leg: LegId, digit: Digit) {
    let Some(call) = board.calls.of_leg(leg).and_then(|sid| board.calls.get(sid)) else {
        return;
    };
    let sid = call.sid;
    let leaves = digit == Digit('*') && call.seat.as_ref().is_some_and(|s| s.dial.hangup_on_star);
    if leaves {
        flow::leave(board, now, sid, LeaveReason::HungUp);
    } else {
        program::key(board, now, sid, digit);
    }
}
