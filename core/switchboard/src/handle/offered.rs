//! A phone offers anew: holds, resumes, or moves its media. Never the end of a call.

use confab_sdp::Local;
use confab_sip::DialogId;
use confab_terms::{IpAddr, Now};

use crate::flow;
use crate::live::{CallState, Leg, Names};
use crate::{Output, Switchboard};

pub(crate) fn offered(
    board: &mut Switchboard,
    now: Now,
    dialog: DialogId,
    (source, offer): (IpAddr, &[u8]),
) {
    match answer(board, dialog, source, offer) {
        Some(answer) => board.sip.accept_offer(now.instant, dialog, answer),
        None => board.sip.refuse_offer(now.instant, dialog, 488),
    }
}

/// The answer, the media told; `None` if there is no answer to this offer. A phone that asks from
/// another address sends its voice from there too, whatever its SDP says behind a NAT.
fn answer(
    board: &mut Switchboard,
    dialog: DialogId,
    source: IpAddr,
    offer: &[u8],
) -> Option<Vec<u8>> {
    let sid = board.calls.of_dialog(dialog)?;
    let call = board.calls.get_mut(sid)?;
    let (CallState::Answered(leg) | CallState::Up(leg)) = &mut call.state else {
        return None;
    };
    let offer = confab_sdp::parse(offer).ok()?;
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
    Some(answer)
}

/// The version of our SDP goes up only if it says something else than before (RFC 3264 §8). Our
/// keys are new whenever theirs or the suite is: another device of theirs counts from 0, and no
/// key of ours is ever begun again.
fn answer_anew(
    leg: &mut Leg,
    offer: &confab_sdp::Session,
    names: &mut Names,
) -> Option<(Vec<u8>, confab_sdp::Agreed)> {
    let (same, agreed) = confab_sdp::answer(offer, &leg.local).ok()?;
    let same_keys = agreed.srtp == leg.media.srtp;
    if same_keys && same == leg.answer {
        return Some((same, agreed));
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
    let (answer, agreed) = confab_sdp::answer(offer, &next).ok()?;
    leg.local = next;
    leg.answer.clone_from(&answer);
    Some((answer, agreed))
}
