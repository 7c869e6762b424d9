//! Outbound calls from the bound leg to the answer or the failure.

use confab_sdp::{Direction, Local};
use confab_sip::{DialogId, Ending, Invite};
use confab_terms::{CallSid, Now};

use super::late_offer;
use super::leg_opened::add_leg;
use crate::interpreter;
use crate::notifications;
use crate::state::{CallState, Timer};
use crate::{CallEnd, CallEvent, CallStatus, Switchboard, calls};

/// Vendor's code: bad user credentials.
const BAD_CREDENTIALS: u32 = 32_202;
/// Vendor's code: error communicating with the SIP infrastructure.
const UNUSABLE_RESPONSE: u32 = 32_011;

/// Sends the INVITE after the leg's port is bound.
pub(super) fn invite(switchboard: &mut Switchboard, now: Now, sid: CallSid, local: Local) {
    let Some(call) = switchboard.calls.get_mut(sid) else {
        return;
    };
    let Some(outgoing) = call.outgoing.clone() else {
        return;
    };
    let Some(route) = outgoing.route else {
        return;
    };
    let offer = confab_sdp::offer(&local, Direction::SendRecv);
    call.state = CallState::Offering {
        local,
        offer: offer.clone(),
    };
    let (thread, leg) = (call.thread, call.leg);
    add_leg(switchboard, thread, leg);
    let invite = Invite {
        to: route.to.clone(),
        from: outgoing.from_uri,
        from_name: None,
        via: None,
        offer,
        headers: outgoing.headers,
    };
    let dialog = switchboard.sip.invite_along(now.instant, route, invite);
    switchboard.calls.dialled(sid, dialog);
}

/// Handles a 180 or 183.
pub(super) fn ringing(switchboard: &mut Switchboard, now: Now, dialog: DialogId) {
    let Some(sid) = switchboard.calls.of_dialog(dialog) else {
        return;
    };
    if let Some(call) = switchboard.calls.get_mut(sid) {
        call.status = CallStatus::Ringing;
        call.times.updated = now.wall;
    }
    notifications::call_event(switchboard, now, sid, CallEvent::Ringing);
}

/// Handles a 200, which the SIP stack has acknowledged.
pub(super) fn answered(switchboard: &mut Switchboard, now: Now, dialog: DialogId, answer: &[u8]) {
    let Some(sid) = switchboard.calls.of_dialog(dialog) else {
        return;
    };
    switchboard.timers.cancel(Timer::Ringing(sid));
    let heard_from = switchboard.sip.heard_from(dialog);
    if let Some(call) = switchboard.calls.get_mut(sid) {
        call.sip_result_code = Some(200);
        // RTP may come from the host of the answer.
        call.invite.source = heard_from.unwrap_or(call.invite.source);
    }
    late_offer::answered(switchboard, now, dialog, answer);
}

/// Runs the first document of an established outbound call, after any `SendDigits`.
pub(super) fn agreed(switchboard: &mut Switchboard, now: Now, sid: CallSid) {
    let call = switchboard.calls.get(sid).filter(|call| call.is_up());
    let outgoing = call.and_then(|call| call.outgoing.as_ref());
    match outgoing.map(|outgoing| outgoing.send_digits.clone()) {
        Some(Some(digits)) => interpreter::send_initial_digits(switchboard, sid, &digits),
        Some(None) => interpreter::run_first_document(switchboard, now, sid),
        None => {}
    }
}

/// Reports a 200 that cannot be parsed. The SIP stack has ended the call, and the `Ended` event
/// follows.
pub(super) fn unusable(switchboard: &mut Switchboard, now: Now, dialog: DialogId, reason: &str) {
    let Some(sid) = switchboard.calls.of_dialog(dialog) else {
        return;
    };
    let message = format!(
        "the call was answered with a 200 that cannot be used, and ended: {reason}; expected a \
         response as in RFC 3261"
    );
    notifications::notice_of_call(switchboard, now, sid, UNUSABLE_RESPONSE, message, None);
}

/// Cancels the INVITE after the ringing timeout.
pub(crate) fn ringing_timeout(switchboard: &mut Switchboard, now: Now, sid: CallSid) {
    calls::end_call(switchboard, now, sid, CallEnd::Refused(408));
}

/// Handles the failure of an outbound call. A rejection for lack of credentials is reported in a
/// notice.
pub(super) fn refused(switchboard: &mut Switchboard, now: Now, sid: CallSid, how: Ending) {
    let status = match how {
        Ending::Refused(status) => status,
        Ending::TimedOut => 408,
        _ => return calls::end_call(switchboard, now, sid, CallEnd::Lost),
    };
    if matches!(status, 401 | 403 | 407) {
        let call = switchboard.calls.get(sid);
        let outgoing = call.and_then(|call| call.outgoing.as_ref());
        let has_credentials = outgoing.is_some_and(|outgoing| outgoing.has_credentials);
        let route = outgoing.and_then(|outgoing| outgoing.route.as_ref());
        let trunk = route
            .and_then(|route| route.trunk.clone())
            .unwrap_or_default();
        let message = match has_credentials {
            true => format!(
                "the call was rejected with {status}: expected SipAuthUsername and \
                 SipAuthPassword that the callee accepts"
            ),
            false => format!(
                "the trunk {trunk:?} refused the call with {status}: the user and password that \
                 it knows us by would do"
            ),
        };
        notifications::notice_of_call(switchboard, now, sid, BAD_CREDENTIALS, message, None);
    }
    calls::end_call(switchboard, now, sid, CallEnd::Refused(status));
}
