//! Replacement of a call by another one (RFC 3891): the new call takes over the seat and the
//! document, or only ends a call without a seat.

use confab_terms::{CallSid, Now};

use super::end_call::end_call;
use super::execute_effects::execute_effects;
use super::media_thread::move_leg_to_room;
use super::record_dial;
use crate::inputs;
use crate::interpreter;
use crate::state::{Replaces, Timer};
use crate::{CallEnd, Switchboard};

/// Executes the replacement after the new call is established.
pub(crate) fn replace_call(
    switchboard: &mut Switchboard,
    now: Now,
    to: CallSid,
    replaced: Replaces,
) {
    match replaced {
        Replaces::Seat(from) => {
            let sits = take_seat_of(switchboard, now, from, to).is_some();
            end_call(switchboard, now, from, CallEnd::WeHangUp);
            // The old call left its conference or ended before the ACK: run the first document.
            if !sits {
                inputs::begin(switchboard, now, to);
            }
        }
        Replaces::Call(from) => {
            end_call(switchboard, now, from, CallEnd::WeHangUp);
            interpreter::call_established(switchboard, now, to);
        }
    }
}

/// Transfers the seat with the running `<Dial>`, its time limit included.
fn take_seat_of(switchboard: &mut Switchboard, now: Now, from: CallSid, to: CallSid) -> Option<()> {
    let conference = switchboard.calls.get(from)?.seated_in()?;
    let leg = switchboard.calls.get(to)?.leg;
    move_leg_to_room(switchboard, to, conference);
    let room = switchboard.rooms.get_mut(conference)?;
    let effects = room.conference.hand_over(from, to, leg, now.wall).ok()?;
    let old = switchboard.calls.get_mut(from)?;
    let (seat, document) = (old.seat.take()?, core::mem::take(&mut old.document));
    let (fallback, fallbacks) = (old.fallback.clone(), old.fallbacks);
    let status_callback = old.status_callback.clone();
    switchboard.timers.cancel(Timer::TimeLimit(from));
    if let (Some(since), Some(limit)) = (seat.since, seat.dial.time_limit) {
        switchboard.timers.set(Timer::TimeLimit(to), since + limit);
    }
    let new = switchboard.calls.get_mut(to)?;
    new.seat = Some(seat);
    new.document = document;
    (new.fallback, new.fallbacks) = (fallback, fallbacks);
    new.status_callback = status_callback;
    let record = new.seat.as_ref().and_then(|seat| seat.dial.record.clone());
    execute_effects(switchboard, now, conference, effects);
    if let Some(settings) = record {
        record_dial(switchboard, now, to, settings);
    }
    Some(())
}
