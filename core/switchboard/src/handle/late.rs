//! Late offers: an INVITE or re-INVITE leaves the offer to us, and its ACK brings the answer.

use confab_media::Command;
use confab_sdp::{Agreed, Direction, Local};
use confab_sip::DialogId;
use confab_terms::{CallSid, Now};

use super::leg_opened::add_leg;
use super::offered;
use crate::CallEnd;
use crate::flow::{self, Unacceptable};
use crate::live::{CallState, Leg};
use crate::tell;
use crate::{Output, Switchboard};

/// The vendor's: the server is unable to apply a remote media description.
const UNUSABLE_ANSWER: u32 = 53_403;

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
        let why = Unacceptable::state("the call has no media yet");
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

/// The media that an answer to our offer agrees on, or the reason why there is none.
fn agree(local: &Local, answer: &[u8]) -> Result<Agreed, String> {
    if answer.is_empty() {
        return Err("no SDP in it".to_owned());
    }
    let answer = confab_sdp::parse(answer).map_err(|error| error.to_string())?;
    confab_sdp::agree(local, &answer).map_err(|error| error.to_string())
}

/// The answer to our offer. A call that never got one has no media: it ends. One that had media
/// before goes on with it.
pub(super) fn answered(board: &mut Switchboard, now: Now, dialog: DialogId, answer: &[u8]) {
    let Some(sid) = board.calls.of_dialog(dialog) else {
        return;
    };
    let Some(call) = board.calls.get_mut(sid) else {
        return;
    };
    let (local, source) = match &call.state {
        CallState::Offering { local, .. } => (local, call.invite.source.ip()),
        CallState::Answered(leg) | CallState::Up(leg) => (&leg.local, leg.media.signalling_address),
        CallState::Ringing { .. } | CallState::Opening { .. } => return,
    };
    let agreed = agree(local, answer);
    let media = agreed.as_ref().ok();
    let media = media.map(|agreed| flow::leg_media(agreed, source));
    let (leg, thread) = (call.leg, call.thread);
    match (&mut call.state, media) {
        (CallState::Offering { local, offer }, Some(media)) => {
            let (local, answer) = (local.clone(), core::mem::take(offer));
            call.state = CallState::Answered(Leg {
                local,
                media,
                answer,
            });
        }
        (CallState::Offering { .. }, None) => {
            let reason = agreed.err().unwrap_or_default();
            let message = format!("the answer to our offer cannot be used, call ended: {reason}");
            tell::notice_of_call(board, now, sid, UNUSABLE_ANSWER, message, None);
            return flow::end_call(board, now, sid, CallEnd::WeHangUp);
        }
        (CallState::Answered(known) | CallState::Up(known), Some(media))
            if media != known.media =>
        {
            known.media = media;
        }
        _ => return,
    }
    if let Some(media) = media {
        let command = Command::SetMedia { leg, media };
        board.send(Output::Media { thread, command });
    }
}
