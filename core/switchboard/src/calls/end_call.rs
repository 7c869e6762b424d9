//! End of a call for any cause: dialog, seat, documents, timers, leg and final callback.

use confab_conference::LeaveReason;
use confab_sip::DialogId;
use confab_terms::{CallSid, Now};

use super::media_thread;
use crate::calls;
use crate::interpreter;
use crate::notifications;
use crate::state::{CallState, Timer};
use crate::{CallEnd, CallStatus, CallView, News, Output, RowChange, Switchboard};

pub(crate) fn end_call(switchboard: &mut Switchboard, now: Now, sid: CallSid, end: CallEnd) {
    finish_call(switchboard, now, sid, end);
}

/// Ends a call. Returns its final state, or `None` for a call that has ended before.
pub(crate) fn finish_call(
    switchboard: &mut Switchboard,
    now: Now,
    sid: CallSid,
    end: CallEnd,
) -> Option<CallView> {
    let call = switchboard.calls.get_mut(sid)?;
    if call.times.ended.is_some() {
        return None;
    }
    let was_up = call.is_up();
    let was_answered = call.is_answered();
    call.times.ended = Some(now.wall);
    call.times.ended_at = Some(now.instant);
    call.times.updated = now.wall;
    let is_outbound = call.outgoing.is_some();
    let (status, code) = match end {
        CallEnd::Refused(code) if is_outbound => (status_of_rejection(code), Some(code)),
        CallEnd::EndedViaApi if is_outbound && !was_answered => (CallStatus::Canceled, None),
        end => final_status(end, was_up, was_answered),
    };
    call.status = status;
    call.sip_result_code = code.or(call.sip_result_code);
    let dialog = call.dialog;
    end_dialog(switchboard, now, dialog, (end, is_outbound, was_answered));
    let reason = match end {
        CallEnd::EndedViaApi => LeaveReason::UpdatedViaApi,
        CallEnd::MediaTimeout => LeaveReason::MediaTimeout,
        CallEnd::ServerShutdown => LeaveReason::ServerShutdown,
        _ => LeaveReason::HungUp,
    };
    calls::leave(switchboard, now, sid, reason);
    interpreter::stop_all(switchboard, now, sid);
    for timer in timers(sid) {
        switchboard.timers.cancel(timer);
    }
    switchboard.lookups.forget(sid);
    let mut call = switchboard.calls.remove(sid)?;
    // The removal also applies to a leg that was requested and is not open yet.
    let no_leg = match call.state {
        CallState::Ringing { .. } => true,
        CallState::Opening { requested, .. } => !requested,
        CallState::Offering { .. } | CallState::Answered(_) | CallState::Up(_) => false,
    };
    if !no_leg {
        media_thread::remove_leg(switchboard, call.leg, call.thread);
    }
    let waits = notifications::call_ended(switchboard, now, &mut call, end);
    switchboard.send(Output::News(News::CallEnded {
        call: sid,
        from: call.invite.from.clone(),
        how: end,
        status,
        sip: call.sip_result_code,
        seconds: call.seconds(),
    }));
    let view = call.view(switchboard.config.account);
    switchboard.send(Output::CallEnded(view.clone()));
    if !waits {
        let change = RowChange::CallClosed(sid);
        switchboard.send(Output::Row { at: now, change });
    }
    Some(view)
}

/// Ends the dialog of a call, unless the peer has ended the dialog.
fn end_dialog(
    switchboard: &mut Switchboard,
    now: Now,
    dialog: DialogId,
    (end, is_outbound, was_answered): (CallEnd, bool, bool),
) {
    match end {
        // Sends a CANCEL, unless the peer rejected the INVITE.
        CallEnd::Refused(_) | CallEnd::EndedViaApi if is_outbound => {
            switchboard.sip.hang_up(now.instant, dialog);
        }
        CallEnd::Refused(status) => switchboard.sip.reject(now.instant, dialog, status),
        CallEnd::EndedViaApi if !was_answered => switchboard.sip.reject(now.instant, dialog, 603),
        CallEnd::WeHangUp | CallEnd::EndedViaApi | CallEnd::ServerShutdown => {
            switchboard.sip.hang_up(now.instant, dialog);
        }
        CallEnd::TheyHungUp
        | CallEnd::Cancelled
        | CallEnd::Lost
        | CallEnd::MediaTimeout
        | CallEnd::ServerRestarted => {}
    }
}

/// Returns all timers of a live call.
fn timers(sid: CallSid) -> [Timer; 11] {
    [
        Timer::Document(sid),
        Timer::SdpLookup(sid),
        Timer::Pause(sid),
        Timer::Ringing(sid),
        Timer::TimeLimit(sid),
        Timer::CallLimit(sid),
        Timer::RecordSilence(sid),
        Timer::RecordLength(sid),
        Timer::RecordFile(sid),
        Timer::MusicGrace(sid),
        Timer::MusicRestart(sid),
    ]
}

/// Returns the CallStatus of an outbound call rejected with this status.
fn status_of_rejection(status: u16) -> CallStatus {
    match status {
        486 | 600 => CallStatus::Busy,
        408 | 480 => CallStatus::NoAnswer,
        _ => CallStatus::Failed,
    }
}

/// Returns the final CallStatus, and the final SIP status if the cause determines the SIP status.
fn final_status(end: CallEnd, was_up: bool, was_answered: bool) -> (CallStatus, Option<u16>) {
    match end {
        CallEnd::Refused(486) => (CallStatus::Busy, Some(486)),
        CallEnd::Refused(status) => (CallStatus::Failed, Some(status)),
        CallEnd::Cancelled => (CallStatus::Canceled, Some(487)),
        _ if was_up => (CallStatus::Completed, None),
        CallEnd::TheyHungUp if was_answered => (CallStatus::Completed, None),
        CallEnd::TheyHungUp => (CallStatus::Canceled, Some(487)),
        CallEnd::WeHangUp
        | CallEnd::EndedViaApi
        | CallEnd::ServerShutdown
        | CallEnd::ServerRestarted
            if was_answered =>
        {
            (CallStatus::Completed, None)
        }
        CallEnd::EndedViaApi => (CallStatus::Canceled, Some(603)),
        CallEnd::WeHangUp | CallEnd::ServerShutdown => (CallStatus::Failed, Some(480)),
        CallEnd::Lost | CallEnd::MediaTimeout | CallEnd::ServerRestarted => {
            (CallStatus::Failed, None)
        }
    }
}
