//! Events of media threads: applied change, end of a player, speech, figures, media timeout, DTMF
//! digit, audibility.

use confab_conference::LeaveReason;
use confab_media::Event;
use confab_terms::{Digit, LegId, Now};

use crate::Switchboard;
use crate::calls;
use crate::interpreter;
use crate::notifications;
use crate::requests;

pub(crate) fn media(switchboard: &mut Switchboard, now: Now, event: Event) {
    match event {
        Event::Applied { room, number, tick } => {
            if let Some(conference) = switchboard.rooms.of_room(room) {
                calls::applied(switchboard, conference, number, tick);
            }
        }
        Event::PlayerEnded { leg, player } => {
            if let Some(call) = switchboard.calls.of_leg(leg) {
                interpreter::player_ended(switchboard, now, call, player);
            }
        }
        Event::Speech { leg, speaks } => {
            if let Some(call) = switchboard.calls.of_leg(leg) {
                calls::speech(switchboard, now, call, speaks);
            }
        }
        Event::Voice { recording, speaks } => {
            interpreter::speech_changed(switchboard, now, recording, speaks);
        }
        Event::Figures { leg, figures } => {
            let call = switchboard.calls.of_leg(leg);
            if let Some(call) = call.and_then(|sid| switchboard.calls.get_mut(sid)) {
                call.figures = Some(Box::new(figures));
            }
        }
        Event::MediaTimeout { leg } => {
            let call = switchboard
                .calls
                .of_leg(leg)
                .and_then(|sid| switchboard.calls.get(sid));
            if let Some(dialog) = call.filter(|call| call.is_up()).map(|call| call.dialog) {
                switchboard.sip.probe(now.instant, dialog);
            }
        }
        Event::LegRemoved { leg, figures } => {
            notifications::figures_received(switchboard, now, leg, Some(&figures));
        }
        Event::Digit { leg, digit } => digit_pressed(switchboard, now, leg, digit),
        Event::Audibility {
            request,
            tick,
            pairs,
        } => requests::audibility_reported(switchboard, request, tick, &pairs),
    }
}

/// Handles a DTMF digit, received by RFC 4733, in-band tone or INFO.
pub(super) fn digit_pressed(switchboard: &mut Switchboard, now: Now, leg: LegId, digit: Digit) {
    let Some(call) = switchboard
        .calls
        .of_leg(leg)
        .and_then(|sid| switchboard.calls.get(sid))
    else {
        return;
    };
    let sid = call.sid;
    let leaves = digit == Digit('*') && call.seat.as_ref().is_some_and(|s| s.dial.hangup_on_star);
    if leaves {
        calls::leave(switchboard, now, sid, LeaveReason::HungUp);
    } else {
        interpreter::digit_pressed(switchboard, now, sid, digit);
    }
}
