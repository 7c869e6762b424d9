//! Continuation after the media thread has bound a leg's port: 200, INVITE, or 503 if no port is
//! free.

use confab_media::Command;
use confab_sdp::Local;
use confab_terms::{LegId, Now};

use crate::CallEnd;
use crate::calls;
use crate::inputs::{late_offer, outbound};
use crate::state::{CallState, Leg};
use crate::{Output, Switchboard};

pub(crate) fn leg_opened(switchboard: &mut Switchboard, now: Now, leg: LegId, port: Option<u16>) {
    // For a call that ended meanwhile, the removal of the leg was sent before.
    let Some(sid) = switchboard.calls.of_leg(leg) else {
        return;
    };
    let Some(call) = switchboard.calls.get(sid) else {
        return;
    };
    let CallState::Opening { offer, .. } = &call.state else {
        return;
    };
    let offer = offer.clone();
    let Some(rtp_port) = port else {
        calls::end_call(switchboard, now, sid, CallEnd::Refused(503));
        return;
    };
    let srtp = calls::srtp_of(switchboard, sid);
    let session_id = switchboard.ids.random_u64() >> 1;
    let local = Local {
        address: switchboard.config.media_address,
        rtp_port,
        session_id,
        version: session_id,
        srtp,
        codecs: switchboard.config.codecs.clone(),
        numbers: confab_sdp::PayloadNumbers::default(),
    };
    let outgoing = switchboard
        .calls
        .get(sid)
        .is_some_and(|c| c.outgoing.is_some());
    if outgoing {
        return outbound::invite(switchboard, now, sid, local);
    }
    let Some(offer) = offer else {
        return late_offer::offer_first(switchboard, now, sid, local);
    };
    let (answer, agreed) = match confab_sdp::answer(&offer, &local) {
        Ok(answered) => answered,
        Err(rejection) => return calls::reject_media(switchboard, now, sid, &rejection.into()),
    };
    let local = Local {
        numbers: agreed.numbers,
        ..local
    };
    let Some(call) = switchboard.calls.get(sid) else {
        return;
    };
    let peer = calls::media_peer(switchboard, sid, call.invite.source.ip());
    let media = calls::leg_media(&agreed, &peer);
    let (thread, dialog) = (call.thread, call.dialog);
    add_leg(switchboard, thread, leg);
    let command = Command::SetMedia { leg, media };
    switchboard.send(Output::Media { thread, command });
    if let Some(call) = switchboard.calls.get_mut(sid) {
        call.sip_result_code = Some(200);
        call.state = CallState::Answered(Leg {
            local,
            media,
            answer: answer.clone(),
        });
    }
    switchboard.sip.answer(now.instant, dialog, answer);
}

pub(super) fn add_leg(switchboard: &mut Switchboard, thread: u16, leg: LegId) {
    let command = Command::AddLeg {
        leg,
        ssrc: switchboard.ids.random_u32(),
        // Lower half of the range: a receiver that misses the first packets of an SRTP stream still
        // estimates the rollover counter correctly (RFC 3711 §3.3.1).
        sequence: switchboard.ids.random_u16() >> 1,
        timestamp: switchboard.ids.random_u32(),
    };
    switchboard.send(Output::Media { thread, command });
}
