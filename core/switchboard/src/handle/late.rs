//! Late offers: an INVITE or re-INVITE leaves the offer to us, and its ACK brings the answer.

use confab_media::Command;
use confab_sdp::{Direction, Local, Rejection, Session, host_names};
use confab_sip::DialogId;
use confab_terms::{CallSid, Now};

use super::leg_opened::add_leg;
use super::{dialled, offered, resolved};
use crate::flow::{self, Unacceptable};
use crate::live::{CallState, Leg, Purpose};
use crate::{Output, Switchboard};

/// The 200 of a call that came without an offer.
pub(super) fn offer_first(board: &mut Switchboard, now: Now, sid: CallSid, local: Local) {
    let Some(call) = board.calls.get_mut(sid) else {
        return;
    };
    let (thread, leg, dialog) = (call.thread, call.leg, call.dialog);
    let offer = confab_sdp::offer(&local, Direction::SendRecv);
    call.sip_result_code = Some(200);
    call.state = CallState::Offering {
        local,
        offer: offer.clone(),
    };
    add_leg(board, thread, leg);
    board.sip.answer(now.instant, dialog, offer);
}

/// A re-INVITE without an offer: everything that we can is offered anew.
pub(super) fn offer_wanted(board: &mut Switchboard, now: Now, dialog: DialogId) {
    let call = board.calls.of_dialog(dialog);
    let call = call.and_then(|sid| board.calls.get_mut(sid));
    let Some(CallState::Answered(leg) | CallState::Up(leg)) = call.map(|call| &mut call.state)
    else {
        let why = Unacceptable::state(offered::NO_MEDIA);
        return offered::refuse(board, now, dialog, &why);
    };
    // Which of the suites will be taken nobody knows, and none may begin again under its old key.
    if let Some(old) = leg.local.srtp {
        leg.local.srtp = Some(board.names.srtp(old.required));
    }
    let same = confab_sdp::offer(&leg.local, Direction::SendRecv);
    if same != leg.answer {
        // It says something else than before (RFC 3264 §8).
        leg.local.version += 1;
        leg.answer = confab_sdp::offer(&leg.local, Direction::SendRecv);
    }
    let offer = leg.answer.clone();
    board.sip.accept_offer(now.instant, dialog, offer);
}

/// The answer to our offer: used once its host names are resolved.
pub(super) fn answered(board: &mut Switchboard, now: Now, dialog: DialogId, answer: &[u8]) {
    let Some(sid) = board.calls.of_dialog(dialog) else {
        return;
    };
    let Some(call) = board.calls.get(sid) else {
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
            resolved::resolve(board, now, sid, (session, &names, Purpose::Answer));
        }
        (session, _) => agreed(board, now, sid, session),
    }
}

/// Takes an answer whose host names are resolved. A call that never had a usable one has no media:
/// it ends. One that had media before goes on with it.
pub(super) fn agreed(
    board: &mut Switchboard,
    now: Now,
    sid: CallSid,
    answer: Result<Session, Rejection>,
) {
    let Some(call) = board.calls.get(sid) else {
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
            offered::keeps_srtp(leg, &agreed)?;
        }
        Ok(agreed)
    });
    let agreed = match agreed {
        Ok(agreed) => agreed,
        Err(rejection) => return flow::reject_answer(board, now, sid, &rejection),
    };
    let peer = flow::media_peer(board, sid, source);
    let media = flow::leg_media(&agreed, &peer);
    let Some(call) = board.calls.get_mut(sid) else {
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
    board.send(Output::Media { thread, command });
    if is_first {
        first_agreed(board, now, sid);
    }
}

/// The answer to an offer that only refreshed the session. One that cannot be used changes nothing,
/// but sources are learnt anew.
pub(super) fn refreshed(board: &mut Switchboard, now: Now, dialog: DialogId, answer: &[u8]) {
    let sid = board.calls.of_dialog(dialog);
    let source = board.sip.heard_from(dialog);
    let call = sid.and_then(|sid| board.calls.get_mut(sid));
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
        agreed.is_ok_and(|agreed| offered::keeps_srtp(leg, &agreed).is_ok())
    };
    let usable = session.filter(is_usable);
    if let Some(session) = usable {
        return agreed(board, now, sid, Ok(session));
    }
    let command = Command::SetMedia { leg: id, media };
    board.send(Output::Media { thread, command });
}

/// The first answer comes in an ACK, or is acknowledged by us: the call is up.
fn first_agreed(board: &mut Switchboard, now: Now, sid: CallSid) {
    flow::acknowledged(board, now, sid);
    dialled::agreed(board, now, sid);
}
