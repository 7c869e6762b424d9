//! Late offers: an INVITE or re-INVITE without an offer; the 200 carries the offer and the ACK the
//! answer.

use confab_media::Command;
use confab_sdp::{Direction, Local, Rejection, Session, host_names};
use confab_sip::DialogId;
use confab_terms::{CallSid, Now};

use super::leg_opened::add_leg;
use super::{outbound, reoffer, sdp_lookups};
use crate::calls::{self, Unacceptable};
use crate::state::{CallState, Leg, Purpose};
use crate::{Output, Switchboard};

/// Answers an INVITE without an offer: sends a 200 with a local offer.
pub(super) fn offer_first(switchboard: &mut Switchboard, now: Now, sid: CallSid, local: Local) {
    let Some(call) = switchboard.calls.get_mut(sid) else {
        return;
    };
    let (thread, leg, dialog) = (call.thread, call.leg, call.dialog);
    let offer = confab_sdp::offer(&local, Direction::SendRecv);
    call.sip_result_code = Some(200);
    call.state = CallState::Offering {
        local,
        offer: offer.clone(),
    };
    add_leg(switchboard, thread, leg);
    switchboard.sip.answer(now.instant, dialog, offer);
}

/// Answers a re-INVITE without an offer: sends a new offer with all supported codecs.
pub(super) fn offer_wanted(switchboard: &mut Switchboard, now: Now, dialog: DialogId) {
    let call = switchboard.calls.of_dialog(dialog);
    let call = call.and_then(|sid| switchboard.calls.get_mut(sid));
    let Some(CallState::Answered(leg) | CallState::Up(leg)) = call.map(|call| &mut call.state)
    else {
        let why = Unacceptable::state(reoffer::NO_MEDIA);
        return reoffer::refuse(switchboard, now, dialog, &why);
    };
    // New keys for all suites: the answer selects the suite, and no SRTP stream may restart under
    // an old key.
    if let Some(old) = leg.local.srtp {
        leg.local.srtp = Some(switchboard.ids.srtp(old.required));
    }
    let same = confab_sdp::offer(&leg.local, Direction::SendRecv);
    if same != leg.answer {
        // Changed content needs a new version (RFC 3264 §8).
        leg.local.version += 1;
        leg.answer = confab_sdp::offer(&leg.local, Direction::SendRecv);
    }
    let offer = leg.answer.clone();
    switchboard.sip.accept_offer(now.instant, dialog, offer);
}

/// Handles the answer to a local offer: applied after its host names are resolved.
pub(super) fn answered(switchboard: &mut Switchboard, now: Now, dialog: DialogId, answer: &[u8]) {
    let Some(sid) = switchboard.calls.of_dialog(dialog) else {
        return;
    };
    let Some(call) = switchboard.calls.get(sid) else {
        return;
    };
    let local = match &call.state {
        CallState::Offering { local, .. } => local,
        CallState::Answered(leg) | CallState::Up(leg) => &leg.local,
        CallState::Ringing { .. } | CallState::Opening { .. } => return,
    };
    let session = confab_sdp::parse(answer).map_err(Rejection::from);
    let names = session.as_ref().ok();
    let names = names.and_then(|session| host_names(session, local).ok());
    match (session, names) {
        (Ok(session), Some(names)) if !names.is_empty() => {
            sdp_lookups::resolve(switchboard, now, sid, (session, &names, Purpose::Answer));
        }
        (session, _) => agreed(switchboard, now, sid, session),
    }
}

/// Applies an answer with resolved host names. An unusable first answer ends the call; an unusable
/// later answer leaves the present media unchanged.
pub(super) fn agreed(
    switchboard: &mut Switchboard,
    now: Now,
    sid: CallSid,
    answer: Result<Session, Rejection>,
) {
    let Some(call) = switchboard.calls.get(sid) else {
        return;
    };
    let (local, source) = match &call.state {
        CallState::Offering { local, .. } => (local, call.invite.source.ip()),
        CallState::Answered(leg) | CallState::Up(leg) => (&leg.local, leg.media.signalling_address),
        CallState::Ringing { .. } | CallState::Opening { .. } => return,
    };
    let agreed = answer.and_then(|answer| {
        let agreed = confab_sdp::agree(local, &answer)?;
        if let CallState::Answered(leg) | CallState::Up(leg) = &call.state {
            reoffer::check_srtp_kept(leg, &agreed)?;
        }
        Ok(agreed)
    });
    let agreed = match agreed {
        Ok(agreed) => agreed,
        Err(rejection) => return calls::reject_answer(switchboard, now, sid, &rejection),
    };
    let peer = calls::media_peer(switchboard, sid, source);
    let media = calls::leg_media(&agreed, &peer);
    let Some(call) = switchboard.calls.get_mut(sid) else {
        return;
    };
    let (leg, thread) = (call.leg, call.thread);
    let mut is_first = false;
    match &mut call.state {
        CallState::Offering { local, offer } => {
            let mut local = local.clone();
            local.numbers = agreed.numbers;
            let answer = core::mem::take(offer);
            is_first = true;
            call.state = CallState::Answered(Leg {
                local,
                media,
                answer,
            });
        }
        CallState::Answered(known) | CallState::Up(known) => {
            known.local.numbers = agreed.numbers;
            known.media = media;
        }
        CallState::Ringing { .. } | CallState::Opening { .. } => return,
    }
    let command = Command::SetMedia { leg, media };
    switchboard.send(Output::Media { thread, command });
    if is_first {
        first_agreed(switchboard, now, sid);
    }
}

/// Handles the response to a session refresh. An unusable answer changes only the expected source
/// address, and symmetric RTP latching restarts.
pub(super) fn refreshed(switchboard: &mut Switchboard, now: Now, dialog: DialogId, answer: &[u8]) {
    let sid = switchboard.calls.of_dialog(dialog);
    let source = switchboard.sip.heard_from(dialog);
    let call = sid.and_then(|sid| switchboard.calls.get_mut(sid));
    let Some(call) = call else {
        return;
    };
    let (sid, thread, id) = (call.sid, call.thread, call.leg);
    let (CallState::Answered(leg) | CallState::Up(leg)) = &mut call.state else {
        return;
    };
    if let Some(source) = source {
        leg.media.signalling_address = source.ip();
    }
    let (local, media) = (&leg.local, leg.media);
    let session = confab_sdp::parse(answer).ok();
    let is_usable = |session: &Session| {
        let agreed = confab_sdp::agree(local, session);
        agreed.is_ok_and(|agreed| reoffer::check_srtp_kept(leg, &agreed).is_ok())
    };
    let usable = session.filter(is_usable);
    if let Some(session) = usable {
        return agreed(switchboard, now, sid, Ok(session));
    }
    let command = Command::SetMedia { leg: id, media };
    switchboard.send(Output::Media { thread, command });
}

/// Establishes the call after the first answer, received in an ACK or in a 200.
fn first_agreed(switchboard: &mut Switchboard, now: Now, sid: CallSid) {
    calls::acknowledged(switchboard, now, sid);
    outbound::agreed(switchboard, now, sid);
}
