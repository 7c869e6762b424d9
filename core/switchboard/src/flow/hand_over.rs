//! Replacement of a call by another one (RFC 3891): the new call takes over the seat and the
//! document, or only ends a call without a seat.

use confab_terms::{CallSid, Now};

use super::effects::carry_out;
use super::end_call::end_call;
use super::place::bring_leg;
use super::record_dialled;
use crate::handle;
use crate::live::{Replaces, Timer};
use crate::program;
use crate::{CallEnd, Switchboard};

/// Executes the replacement after the new call is established.
pub(crate) fn hand_over(board: &mut Switchboard, now: Now, to: CallSid, replaced: Replaces) {
    match replaced {
        Replaces::Seat(from) => {
            let sits = take_seat_of(board, now, from, to).is_some();
            end_call(board, now, from, CallEnd::WeHangUp);
            // The old call left its conference or ended before the ACK: run the first document.
            if !sits {
                handle::begin(board, now, to);
            }
        }
        Replaces::Call(from) => {
            end_call(board, now, from, CallEnd::WeHangUp);
            program::call_is_up(board, now, to);
        }
    }
}

/// Transfers the seat with the running `<Dial>`, its time limit included.
fn take_seat_of(board: &mut Switchboard, now: Now, from: CallSid, to: CallSid) -> Option<()> {
    let conference = board.calls.get(from)?.seated_in()?;
    let leg = board.calls.get(to)?.leg;
    bring_leg(board, to, conference);
    let room = board.rooms.get_mut(conference)?;
    let effects = room.conference.hand_over(from, to, leg, now.wall).ok()?;
    let old = board.calls.get_mut(from)?;
    let (seat, flow) = (old.seat.take()?, core::mem::take(&mut old.flow));
    let (fallback, fallbacks) = (old.fallback.clone(), old.fallbacks);
    let status_callback = old.status_callback.clone();
    board.timers.cancel(Timer::TimeLimit(from));
    if let (Some(since), Some(limit)) = (seat.since, seat.dial.time_limit) {
        board.timers.set(Timer::TimeLimit(to), since + limit);
    }
    let new = board.calls.get_mut(to)?;
    new.seat = Some(seat);
    new.flow = flow;
    (new.fallback, new.fallbacks) = (fallback, fallbacks);
    new.status_callback = status_callback;
    let record = new.seat.as_ref().and_then(|seat| seat.dial.record.clone());
    carry_out(board, now, conference, effects);
    if let Some(wish) = record {
        record_dialled(board, now, to, wish);
    }
    Some(())
}
