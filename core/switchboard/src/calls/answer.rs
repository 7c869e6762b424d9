//! Answering a call: the leg is requested, the 200 is sent once the leg is open, and the ACK lets
//! the document continue.

use confab_media::{Command, LegMedia};
use confab_sdp::{Agreed, Direction};
use confab_terms::{CallSid, Now};

use super::media_peer::MediaPeer;
use super::media_thread;
use super::replace_call::replace_call;
use crate::Switchboard;
use crate::calls;
use crate::interpreter;
use crate::notifications;
use crate::state::{CallRecording, CallState, Timer};
use crate::{CallEnd, CallEvent, CallStatus, NewRecording, News, Output, RecordingSource};

/// Begins to answer a ringing call: requests the leg, unless lookups of host names are pending.
pub(crate) fn open_leg(switchboard: &mut Switchboard, now: Now, sid: CallSid) {
    let Some(call) = switchboard.calls.get_mut(sid) else {
        return;
    };
    let CallState::Ringing { offer } = &mut call.state else {
        return;
    };
    call.state = CallState::Opening {
        offer: offer.take(),
        requested: false,
    };
    if !switchboard.lookups.is_waiting(sid) {
        request_leg(switchboard, now, sid);
    }
}

/// Requests the leg of a call that is being answered. Rejects the call with 503 if its media thread
/// is overloaded.
pub(crate) fn request_leg(switchboard: &mut Switchboard, now: Now, sid: CallSid) {
    let thread = media_thread::thread_for(switchboard, sid);
    let Some(call) = switchboard.calls.get_mut(sid) else {
        return;
    };
    let CallState::Opening { requested, .. } = &mut call.state else {
        return;
    };
    // A replacing call adds no load to this thread.
    if switchboard.threads.is_overloaded(thread) && call.replaces.is_none() {
        switchboard.counters.calls_refused += 1;
        calls::end_call(switchboard, now, sid, CallEnd::Refused(503));
        return;
    }
    *requested = true;
    media_thread::open_leg_on(switchboard, sid, thread);
}

/// Establishes the call after the ACK.
pub(crate) fn acknowledged(switchboard: &mut Switchboard, now: Now, sid: CallSid) {
    let Some(call) = switchboard.calls.get_mut(sid) else {
        return;
    };
    let CallState::Answered(leg) = &call.state else {
        return;
    };
    call.state = CallState::Up(leg.clone());
    call.status = CallStatus::InProgress;
    call.times.started = Some(now.wall);
    call.times.answered_at = Some(now.instant);
    call.times.updated = now.wall;
    let replaced = call.replaces.take();
    let news = News::CallAnswered {
        call: sid,
        from: call.invite.from.clone(),
        to: call.invite.to.clone(),
        source: call.invite.source,
    };
    switchboard.send(Output::News(news));
    verify_host(switchboard, sid);
    limit_duration(switchboard, now, sid);
    notifications::call_event(switchboard, now, sid, CallEvent::Answered);
    let call = switchboard.calls.get(sid);
    let record = call.and_then(|call| call.outgoing.as_ref()?.record.clone());
    if let Some(settings) = record {
        record_from_answer(switchboard, now, sid, settings);
    }
    match replaced {
        Some(replaced) => replace_call(switchboard, now, sid, replaced),
        None => interpreter::call_established(switchboard, now, sid),
    }
}

/// Marks the host of the ACK as verified: the host receives packets sent to its address.
fn verify_host(switchboard: &mut Switchboard, sid: CallSid) {
    let Some(call) = switchboard.calls.get(sid) else {
        return;
    };
    let (leg, thread) = (call.leg, call.thread);
    if let Some(source) = switchboard.sip.heard_from(call.dialog) {
        let host = source.ip();
        let command = Command::VerifyHost { leg, host };
        switchboard.send(Output::Media { thread, command });
    }
}

/// Sets the timer of an answered call's maximum duration. An elapsed duration ends the call at
/// once.
pub(crate) fn limit_duration(switchboard: &mut Switchboard, now: Now, sid: CallSid) {
    let Some(call) = switchboard.calls.get(sid) else {
        return;
    };
    if let (Some(limit), Some(answered)) = (call.time_limit, call.times.answered_at) {
        let end = (answered + limit).max(now.instant);
        switchboard.timers.set(Timer::CallLimit(sid), end);
    }
}

/// Starts the recording of an outbound call; the callback of the call's end contains the recording.
fn record_from_answer(
    switchboard: &mut Switchboard,
    now: Now,
    sid: CallSid,
    settings: NewRecording,
) {
    let recording = calls::record_call(
        switchboard,
        now,
        sid,
        RecordingSource::OutboundApi,
        settings,
    );
    let call = switchboard.calls.get_mut(sid);
    if let Some(outgoing) = call.and_then(|call| call.outgoing.as_mut()) {
        outgoing.recorded = recording.map(|sid| CallRecording {
            sid,
            began: now.instant,
            duration_ms: None,
        });
    }
}

/// Returns the media settings of the leg. Audio of a peer that holds the call is not mixed, because
/// phones may send their own hold music.
pub(crate) fn leg_media(agreed: &Agreed, peer: &MediaPeer) -> LegMedia {
    LegMedia {
        remote_rtp: agreed.remote_rtp,
        remote_rtcp: agreed.remote_rtcp,
        signalling_address: peer.signalling,
        trusts_sdp: peer.can_be_at(agreed.remote_rtp.ip()),
        verified: peer.is_verified(agreed.remote_rtp.ip()),
        codec: agreed.codec,
        payload_type: agreed.payload_type,
        digits_payload_type: agreed.digits_payload_type,
        digits_clock_rate: agreed.digits_clock_rate,
        received: agreed.received,
        opus_limit: agreed.opus_limit,
        sends: matches!(agreed.direction, Direction::SendRecv | Direction::SendOnly),
        receives: agreed.direction == Direction::SendRecv,
        srtp: agreed.srtp,
    }
}
