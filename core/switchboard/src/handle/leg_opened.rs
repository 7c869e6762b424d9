//! Continuation after the media thread has bound a leg's port: 200, INVITE, or 503 if no port is
//! free.

use confab_media::Command;
use confab_sdp::Local;
use confab_terms::{LegId, Now};

use crate::CallEnd;
use crate::flow;
use crate::handle::{dialled, late};
use crate::live::{CallState, Leg};
use crate::{Output, Switchboard};

pub(crate) fn leg_opened(board: &mut Switchboard, now: Now, leg: LegId, port: Option<u16>) {
    // For a call that ended meanwhile, the removal of the leg was sent before.
    let Some(sid) = board.calls.of_leg(leg) else {
        return;
    };
    let Some(call) = board.calls.get(sid) else {
        return;
    };
    let CallState::Opening { offer, .. } = &call.state else {
        return;
    };
    let offer = offer.clone();
    let Some(rtp_port) = port else {
        flow::end_call(board, now, sid, CallEnd::Refused(503));
        return;
    };
    let srtp = flow::srtp_of(board, sid);
    let session_id = board.names.random_u64() >> 1;
    let local = Local {
        address: board.config.media_address,
        rtp_port,
        session_id,
        version: session_id,
        srtp,
        codecs: board.config.codecs.clone(),
        numbers: confab_sdp::PayloadNumbers::default(),
    };
    let outgoing = board.calls.get(sid).is_some_and(|c| c.outgoing.is_some());
    if outgoing {
        return dialled::invite(board, now, sid, local);
    }
    let Some(offer) = offer else {
        return late::offer_first(board, now, sid, local);
    };
    let (answer, agreed) = match confab_sdp::answer(&offer, &local) {
        Ok(answered) => answered,
        Err(rejection) => return flow::reject_media(board, now, sid, &rejection.into()),
    };
    let local = Local {
        numbers: agreed.numbers,
        ..local
    };
    let Some(call) = board.calls.get(sid) else {
        return;
    };
    let peer = flow::media_peer(board, sid, call.invite.source.ip());
    let media = flow::leg_media(&agreed, &peer);
    let (thread, dialog) = (call.thread, call.dialog);
    add_leg(board, thread, leg);
    let command = Command::SetMedia { leg, media };
    board.send(Output::Media { thread, command });
    if let Some(call) = board.calls.get_mut(sid) {
        call.sip_result_code = Some(200);
        call.state = CallState::Answered(Leg {
            local,
            media,
            answer: answer.clone(),
        });
    }
    board.sip.answer(now.instant, dialog, answer);
}

pub(super) fn add_leg(board: &mut Switchboard, thread: u16, leg: LegId) {
    let command = Command::AddLeg {
        leg,
        ssrc: board.names.random_u32(),
        // Lower half of the range: a receiver that misses the first packets of an SRTP stream still
        // estimates the rollover counter correctly (RFC 3711 §3.3.1).
        sequence: board.names.random_u16() >> 1,
        timestamp: board.names.random_u32(),
    };
    board.send(Output::Media { thread, command });
}
