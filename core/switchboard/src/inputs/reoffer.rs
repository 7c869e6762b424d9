//! New offers within a dialog: hold, resume or move of the peer's media. A rejected offer never
//! ends the call.

use confab_media::Command;
use confab_sdp::{HostNames, Local, NotAcceptable, Rejection, Session, host_names};
use confab_sip::DialogId;
use confab_terms::{CallSid, IpAddr, Now};

use super::sdp_lookups;
use crate::calls::{self, Unacceptable};
use crate::state::{CallState, IdGenerator, Leg, Purpose};
use crate::{Output, Switchboard};

/// Reason of a refusal for a cause outside the offer.
pub(super) const NO_MEDIA: &str = "the call has no media yet";

pub(crate) fn offered(
    switchboard: &mut Switchboard,
    now: Now,
    dialog: DialogId,
    (source, offer): (IpAddr, &[u8]),
) {
    let sid = switchboard.calls.of_dialog(dialog);
    let call = sid.and_then(|sid| switchboard.calls.get(sid));
    let (Some(sid), Some(CallState::Answered(leg) | CallState::Up(leg))) =
        (sid, call.map(|call| &call.state))
    else {
        return refuse(switchboard, now, dialog, &Unacceptable::state(NO_MEDIA));
    };
    // A new offer supersedes an older one with pending lookups.
    let local = leg.local.clone();
    switchboard.lookups.forget(sid);
    match read(offer, &local) {
        Ok((session, names)) if !names.is_empty() => {
            let offer = (session, &names, Purpose::Offer(source));
            sdp_lookups::resolve(switchboard, now, sid, offer);
        }
        Ok((session, _)) => answer(switchboard, now, sid, (source, session)),
        Err(rejection) => refuse(switchboard, now, dialog, &Unacceptable::from(&rejection)),
    }
}

/// Rejects a re-INVITE or UPDATE with 488; the session stays unchanged.
pub(super) fn refuse(
    switchboard: &mut Switchboard,
    now: Now,
    dialog: DialogId,
    why: &Unacceptable,
) {
    if let Some(sid) = switchboard.calls.of_dialog(dialog) {
        let request = "re-INVITE or UPDATE";
        calls::report_rejection(switchboard, now, (sid, dialog), request, why);
    }
    switchboard.sip.refuse_offer(now.instant, dialog, 488);
}

fn read(offer: &[u8], local: &Local) -> Result<(Session, HostNames), Rejection> {
    let session = confab_sdp::parse(offer)?;
    let names = host_names(&session, local)?;
    Ok((session, names))
}

/// Answers the offer, after sending the agreed media to the media thread. Each agreement restarts
/// symmetric RTP latching. RTP is also expected from the source of the request, because the SDP of
/// a phone behind NAT may contain a private address.
pub(super) fn answer(
    switchboard: &mut Switchboard,
    now: Now,
    sid: CallSid,
    (source, offer): (IpAddr, Session),
) {
    let peer = calls::media_peer(switchboard, sid, source);
    let Some(call) = switchboard.calls.get_mut(sid) else {
        return;
    };
    let (dialog, thread) = (call.dialog, call.thread);
    let (CallState::Answered(leg) | CallState::Up(leg)) = &mut call.state else {
        return refuse(switchboard, now, dialog, &Unacceptable::state(NO_MEDIA));
    };
    let (answer, agreed) = match answer_anew(leg, &offer, &mut switchboard.ids) {
        Ok(answered) => answered,
        Err(fault) => {
            let why = Unacceptable::from(&Rejection::from(fault));
            return refuse(switchboard, now, dialog, &why);
        }
    };
    let media = calls::leg_media(&agreed, &peer);
    leg.media = media;
    let leg = call.leg;
    let command = Command::SetMedia { leg, media };
    switchboard.send(Output::Media { thread, command });
    switchboard.sip.accept_offer(now.instant, dialog, answer);
}

/// Rejects clear media on an encrypted leg. Otherwise an attacker who can change one offer could
/// listen from then on.
pub(super) fn check_srtp_kept(leg: &Leg, agreed: &confab_sdp::Agreed) -> Result<(), NotAcceptable> {
    match leg.media.srtp.is_some() && agreed.srtp.is_none() {
        true => Err(NotAcceptable::NotSecure),
        false => Ok(()),
    }
}

/// Answers an offer. The version of the local SDP increases only with changed content (RFC 3264
/// §8). Local keys are new whenever the peer's keys or the suite change: another device of the peer
/// restarts its packet index, and no local key may be used for two streams.
fn answer_anew(
    leg: &mut Leg,
    offer: &Session,
    names: &mut IdGenerator,
) -> Result<(Vec<u8>, confab_sdp::Agreed), NotAcceptable> {
    let (same, agreed) = confab_sdp::answer(offer, &leg.local)?;
    check_srtp_kept(leg, &agreed)?;
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
