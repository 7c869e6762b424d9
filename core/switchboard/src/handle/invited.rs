//! Inbound calls: rejection, or creation of the call and request of the first document.

use confab_cxml::{Beep, ConferenceNoun, Dial, Document, Verb};
use confab_sdp::{HostNames, Local, Rejection, Session, host_names};
use confab_sip::{DialogId, Event};
use confab_terms::{CallSid, Now};

use super::resolved;
use crate::CallEnd;
use crate::flow;
use crate::live::{Call, CallState, Invite, Purpose, Redirects, Replaces, Times};
use crate::program::{self, Announcing, Flow};
use crate::tell::{self, fields};
use crate::{CallEvent, CallStatus, Cookies, Switchboard};

pub(crate) fn invited(board: &mut Switchboard, now: Now, event: Event) {
    let Event::Invited {
        dialog,
        source,
        from,
        from_name,
        to,
        origin,
        to_user,
        to_host,
        call_id,
        x_headers,
        offer,
        replaces,
    } = event
    else {
        return;
    };
    if !board.takes_calls() {
        return refuse(board, now, dialog);
    }
    let (offer, acceptable) = match read_offer(board, dialog, &offer) {
        Ok((offer, names)) => (offer, Ok(names)),
        Err(rejection) => (None, Err(rejection)),
    };
    let unresolved = offer.clone();
    let replaces = replaces.and_then(|dialog| whose_place(board, dialog));
    let (sid, leg) = (board.names.call(), board.names.leg());
    board.counted.calls_total += 1;
    board.calls.insert(Call {
        sid,
        dialog,
        leg,
        thread: 0,
        invite: Invite {
            source,
            from,
            from_name,
            sip_from: origin.sip_from,
            to,
            forwarded_from: origin.forwarded_from,
            to_user,
            to_host,
            call_id,
            x_headers,
        },
        state: CallState::Ringing { offer },
        status: CallStatus::Ringing,
        times: Times::begun(now.wall),
        sip_result_code: None,
        flow: Flow::default(),
        seat: None,
        music: None,
        announcing: Announcing::default(),
        redirects: Redirects::default(),
        cookies: Cookies::default(),
        fallback: board.config.voice_fallback.clone(),
        fallbacks: 0,
        status_callback: board.config.status_callback.clone(),
        events_told: 0,
        replaces,
        outgoing: None,
        recording: None,
        figures: None,
        time_limit: None,
        row: None,
    });
    tell::call_began(board, now, sid);
    proceed(board, now, sid, (unresolved, acceptable), replaces);
}

/// Looks up the host names of the offer and continues the call; rejects an unusable offer.
fn proceed(
    board: &mut Switchboard,
    now: Now,
    sid: CallSid,
    (offer, names): (Option<Box<Session>>, Result<HostNames, Rejection>),
    replaces: Option<Replaces>,
) {
    let names = match names {
        Ok(names) => names,
        Err(rejection) => return flow::reject_media(board, now, sid, &rejection),
    };
    if let Some(offer) = offer.filter(|_| !names.is_empty()) {
        resolved::resolve(board, now, sid, (*offer, &names, Purpose::Invite));
        if board.calls.get(sid).is_none() {
            return;
        }
    }
    match replaces {
        // The call takes over a seat and its document.
        Some(Replaces::Seat(_)) => flow::open_leg(board, now, sid),
        _ => begin(board, now, sid),
    }
}

/// Rejects a call with 503 because no more calls are accepted.
fn refuse(board: &mut Switchboard, now: Now, dialog: DialogId) {
    board.counted.calls_refused += 1;
    board.sip.reject(now.instant, dialog, 503);
}

/// Returns the call to replace, from the dialog of the Replaces header (RFC 3891).
fn whose_place(board: &Switchboard, dialog: DialogId) -> Option<Replaces> {
    let old = board.calls.get(board.calls.of_dialog(dialog)?)?;
    Some(match old.seated_in() {
        Some(_) => Replaces::Seat(old.sid),
        None => Replaces::Call(old.sid),
    })
}

/// Optional offer, and the host names to resolve.
type ReadOffer = (Option<Box<Session>>, HostNames);

/// Parses the offer and checks that an answer is possible, before a port is bound.
fn read_offer(
    board: &mut Switchboard,
    dialog: DialogId,
    offer: &[u8],
) -> Result<ReadOffer, Rejection> {
    if offer.is_empty() {
        return Ok((None, HostNames::default()));
    }
    let srtp = flow::srtp_from(board, dialog);
    let local = Local {
        address: board.config.media_address,
        rtp_port: 9,
        session_id: 1,
        version: 1,
        srtp,
        codecs: board.config.codecs.clone(),
        numbers: confab_sdp::PayloadNumbers::default(),
    };
    let offer = confab_sdp::parse(offer)?;
    let names = host_names(&offer, &local)?;
    Ok((Some(Box::new(offer)), names))
}

/// Requests the call's document, or joins the conference named by the dialed user.
pub(crate) fn begin(board: &mut Switchboard, now: Now, sid: CallSid) {
    let Some(call) = board.calls.get(sid) else {
        return;
    };
    let (dialog, answered) = (call.dialog, call.is_answered());
    if let Some(voice) = board.config.voice.clone() {
        let asked = fields::voice(board, call);
        // A call that replaced another one was answered before.
        if !answered {
            board.sip.ring(now.instant, dialog);
            tell::call_event(board, now, sid, CallEvent::Ringing);
        }
        program::ask_document(board, now, sid, &voice, asked);
        return;
    }
    let name = call.invite.to_user.trim().to_owned();
    if let Err(refusal) = board.config.customs.check_name(&name) {
        if !name.is_empty() {
            tell::notice_of_call(board, now, sid, 10000, refusal.to_string(), None);
        }
        // A call that replaced another one was answered before.
        let end = match answered {
            true => CallEnd::WeHangUp,
            false => CallEnd::Refused(404),
        };
        flow::end_call(board, now, sid, end);
        return;
    }
    let document = Document {
        verbs: vec![Verb::Dial(Box::new(Dial {
            conference: Some(ConferenceNoun {
                name,
                beep: Some(Beep::Never),
                ..ConferenceNoun::default()
            }),
            ..Dial::default()
        }))],
        warnings: Vec::new(),
    };
    program::run_document(board, now, sid, document, String::new());
}
