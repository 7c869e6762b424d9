//! A phone offers anew: holds, resumes, or moves its media. Never the end of a call.

use confab_sdp::{Local, NotAcceptable};
use confab_sip::DialogId;
use confab_terms::{IpAddr, Now};

use crate::flow::{self, Unacceptable};
use crate::live::{CallState, Leg, Names};
use crate::{Output, Switchboard};

pub(crate) fn offered(
    board: &mut Switchboard,
    now: Now,
    dialog: DialogId,
    (source, offer): (IpAddr, &[u8]),
) {
    match answer(board, dialog, source, offer) {
        Ok(answer) => board.sip.accept_offer(now.instant, dialog, answer),
        Err(why) => refuse(board, now, dialog, &why),
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

/// The answer, the media told; or the reason why there is none. A phone that asks from
/// another address sends its voice from there too, whatever its SDP says behind a NAT.
fn answer(
    board: &mut Switchboard,
    dialog: DialogId,
    source: IpAddr,
    offer: &[u8],
) -> Result<Vec<u8>, Unacceptable> {
    let not_up = || Unacceptable::state("the call has no media yet");
    let sid = board.calls.of_dialog(dialog).ok_or_else(not_up)?;
    let call = board.calls.get_mut(sid).ok_or_else(not_up)?;
    let (CallState::Answered(leg) | CallState::Up(leg)) = &mut call.state else {
        return Err(not_up());
    };
    let offer = confab_sdp::parse(offer)?;
    let (answer, agreed) = answer_anew(leg, &offer, &mut board.names)?;
    let media = flow::leg_media(&agreed, source);
    if media != leg.media {
        leg.media = media;
        let (leg, thread) = (call.leg, call.thread);
        board.send(Output::Media {
            thread,
            command: confab_media::Command::SetMedia { leg, media },
        });
    }
    Ok(answer)
}

/// The version of our SDP goes up only if it says something else than before (RFC 3264 §8). Our
/// keys are new whenever theirs or the suite is: another device of theirs counts from 0, and no
/// key of ours is ever begun again.
fn answer_anew(
    leg: &mut Leg,
    offer: &confab_sdp::Session,
    names: &mut Names,
) -> Result<(Vec<u8>, confab_sdp::Agreed), NotAcceptable> {
    let (same, agreed) = confab_sdp::answer(offer, &leg.local)?;
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
