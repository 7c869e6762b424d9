//! A phone offers anew: holds, resumes, or moves its media. Never the end of a call.

use confab_media::Command;
use confab_sdp::{HostNames, Local, NotAcceptable, Rejection, Session, host_names};
use confab_sip::DialogId;
use confab_terms::{CallSid, IpAddr, Now};

use super::resolved;
use crate::flow::{self, Unacceptable};
use crate::live::{CallState, Leg, Names, Purpose};
use crate::{Output, Switchboard};

/// Reason of a refusal that is not in the offer.
pub(super) const NO_MEDIA: &str = "the call has no media yet";

pub(crate) fn offered(
    board: &mut Switchboard,
    now: Now,
    dialog: DialogId,
    (source, offer): (IpAddr, &[u8]),
) {
    let sid = board.calls.of_dialog(dialog);
    let call = sid.and_then(|sid| board.calls.get(sid));
    let (Some(sid), Some(CallState::Answered(leg) | CallState::Up(leg))) =
        (sid, call.map(|call| &call.state))
    else {
        return refuse(board, now, dialog, &Unacceptable::state(NO_MEDIA));
    };
    // An offer that is withdrawn while its names are looked up is not the one to answer.
    let local = leg.local.clone();
    board.lookups.forget(sid);
    match read(offer, &local) {
        Ok((session, names)) if !names.is_empty() => {
            let offer = (session, &names, Purpose::Offer(source));
            resolved::resolve(board, now, sid, offer);
        }
        Ok((session, _)) => answer(board, now, sid, (source, session)),
        Err(rejection) => refuse(board, now, dialog, &Unacceptable::from(&rejection)),
    }
}

/// 488 to a re-INVITE or UPDATE; the call goes on as it was.
pub(super) fn refuse(board: &mut Switchboard, now: Now, dialog: DialogId, why: &Unacceptable) {
    if let Some(sid) = board.calls.of_dialog(dialog) {
        let request = "re-INVITE or UPDATE";
        flow::tell_unacceptable(board, now, (sid, dialog), request, why);
    }
    board.sip.refuse_offer(now.instant, dialog, 488);
}

fn read(offer: &[u8], local: &Local) -> Result<(Session, HostNames), Rejection> {
    let session = confab_sdp::parse(offer)?;
    let names = host_names(&session, local)?;
    Ok((session, names))
}

/// Answers the offer, after the media thread has been given the agreement: each one begins the
/// learning of sources anew. A phone that offers from another address sends its voice from there
/// too, whatever its SDP says behind a NAT.
pub(super) fn answer(
    board: &mut Switchboard,
    now: Now,
    sid: CallSid,
    (source, offer): (IpAddr, Session),
) {
    let peer = flow::media_peer(board, sid, source);
    let Some(call) = board.calls.get_mut(sid) else {
        return;
    };
    let (dialog, thread) = (call.dialog, call.thread);
    let (CallState::Answered(leg) | CallState::Up(leg)) = &mut call.state else {
        return refuse(board, now, dialog, &Unacceptable::state(NO_MEDIA));
    };
    let (answer, agreed) = match answer_anew(leg, &offer, &mut board.names) {
        Ok(answered) => answered,
        Err(fault) => {
            let why = Unacceptable::from(&Rejection::from(fault));
            return refuse(board, now, dialog, &why);
        }
    };
    let media = flow::leg_media(&agreed, &peer);
    leg.media = media;
    let leg = call.leg;
    let command = Command::SetMedia { leg, media };
    board.send(Output::Media { thread, command });
    board.sip.accept_offer(now.instant, dialog, answer);
}

/// Rejects clear media on a leg whose media is encrypted: whoever can change one offer could listen
/// from then on. What was agreed first holds for the call.
pub(super) fn keeps_srtp(leg: &Leg, agreed: &confab_sdp::Agreed) -> Result<(), NotAcceptable> {
    match leg.media.srtp.is_some() && agreed.srtp.is_none() {
        true => Err(NotAcceptable::NotSecure),
        false => Ok(()),
    }
}

/// The version of our SDP goes up only if it says something else than before (RFC 3264 §8). Our
/// keys are new whenever theirs or the suite is: another device of theirs counts from 0, and no
/// key of ours is ever begun again.
fn answer_anew(
    leg: &mut Leg,
    offer: &Session,
    names: &mut Names,
) -> Result<(Vec<u8>, confab_sdp::Agreed), NotAcceptable> {
    let (same, agreed) = confab_sdp::answer(offer, &leg.local)?;
    keeps_srtp(leg, &agreed)?;
    leg.local.numbers = agreed.numbers;
    let same_keys = agreed.srtp == leg.media.srtp;
    if same_keys && same == leg.answer {
        return Ok((same, agreed));
    }
    let srtp = leg.local.srtp.filter(|_| !same_keys);
    let next = Local {
        version: leg.local.version + 1,
        srtp: match srtp {
            Some(old) => Some(names.srtp(old.required)),
            None => leg.local.srtp,
        },
        ..leg.local.clone()
    };
    let (answer, agreed) = confab_sdp::answer(offer, &next)?;
    leg.local = next;
    leg.answer.clone_from(&answer);
    Ok((answer, agreed))
}
