//! Inbound calls: rejection, or creation of the call and request of the first document.

use confab_cxml::{Beep, ConferenceNoun, Dial, Document, Verb};
use confab_sdp::{HostNames, Local, Rejection, Session, host_names};
use confab_sip::{DialogId, Event};
use confab_terms::{CallSid, Now};

use super::sdp_lookups;
use crate::CallEnd;
use crate::calls;
use crate::interpreter::{self, Announcements, Execution};
use crate::notifications::{self, fields};
use crate::state::{Call, CallState, Invite, Purpose, Redirects, Replaces, Times};
use crate::{CallEvent, CallStatus, Cookies, Switchboard};

pub(crate) fn invited(switchboard: &mut Switchboard, now: Now, event: Event) {
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
    if !switchboard.accepts_calls() {
        return refuse(switchboard, now, dialog);
    }
    let (offer, acceptable) = match read_offer(switchboard, dialog, &offer) {
        Ok((offer, names)) => (offer, Ok(names)),
        Err(rejection) => (None, Err(rejection)),
    };
    let unresolved = offer.clone();
    let replaces = replaces.and_then(|dialog| call_to_replace(switchboard, dialog));
    let (sid, leg) = (switchboard.ids.call(), switchboard.ids.leg());
    switchboard.counters.calls_total += 1;
    switchboard.calls.insert(Call {
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
        document: Execution::default(),
        seat: None,
        music: None,
        announcing: Announcements::default(),
        redirects: Redirects::default(),
        cookies: Cookies::default(),
        fallback: switchboard.config.voice_fallback.clone(),
        fallbacks: 0,
        status_callback: switchboard.config.status_callback.clone(),
        events_told: 0,
        replaces,
        outgoing: None,
        recording: None,
        figures: None,
        time_limit: None,
        row: None,
    });
    notifications::call_created(switchboard, now, sid);
    proceed(switchboard, now, sid, (unresolved, acceptable), replaces);
}

/// Looks up the host names of the offer and continues the call; rejects an unusable offer.
fn proceed(
    switchboard: &mut Switchboard,
    now: Now,
    sid: CallSid,
    (offer, names): (Option<Box<Session>>, Result<HostNames, Rejection>),
    replaces: Option<Replaces>,
) {
    let names = match names {
        Ok(names) => names,
        Err(rejection) => return calls::reject_media(switchboard, now, sid, &rejection),
    };
    if let Some(offer) = offer.filter(|_| !names.is_empty()) {
        sdp_lookups::resolve(switchboard, now, sid, (*offer, &names, Purpose::Invite));
        if switchboard.calls.get(sid).is_none() {
            return;
        }
    }
    match replaces {
        // The call takes over a seat and its document.
        Some(Replaces::Seat(_)) => calls::open_leg(switchboard, now, sid),
        _ => begin(switchboard, now, sid),
    }
}

/// Rejects a call with 503 because no more calls are accepted.
fn refuse(switchboard: &mut Switchboard, now: Now, dialog: DialogId) {
    switchboard.counters.calls_refused += 1;
    switchboard.sip.reject(now.instant, dialog, 503);
}

/// Returns the call to replace, from the dialog of the Replaces header (RFC 3891).
fn call_to_replace(switchboard: &Switchboard, dialog: DialogId) -> Option<Replaces> {
    let old = switchboard
        .calls
        .get(switchboard.calls.of_dialog(dialog)?)?;
    Some(match old.seated_in() {
        Some(_) => Replaces::Seat(old.sid),
        None => Replaces::Call(old.sid),
    })
}

/// Optional offer, and the host names to resolve.
type ReadOffer = (Option<Box<Session>>, HostNames);

/// Parses the offer and checks that an answer is possible, before a port is bound.
fn read_offer(
    switchboard: &mut Switchboard,
    dialog: DialogId,
    offer: &[u8],
) -> Result<ReadOffer, Rejection> {
    if offer.is_empty() {
        return Ok((None, HostNames::default()));
    }
    let srtp = calls::srtp_from(switchboard, dialog);
    let local = Local {
        address: switchboard.config.media_address,
        rtp_port: 9,
        session_id: 1,
        version: 1,
        srtp,
        codecs: switchboard.config.codecs.clone(),
        numbers: confab_sdp::PayloadNumbers::default(),
    };
    let offer = confab_sdp::parse(offer)?;
    let names = host_names(&offer, &local)?;
    Ok((Some(Box::new(offer)), names))
}

/// Requests the call's document, or joins the conference named by the dialed user.
pub(crate) fn begin(switchboard: &mut Switchboard, now: Now, sid: CallSid) {
    let Some(call) = switchboard.calls.get(sid) else {
        return;
    };
    let (dialog, answered) = (call.dialog, call.is_answered());
    if let Some(voice) = switchboard.config.voice.clone() {
        let asked = fields::voice(switchboard, call);
        // A call that replaced another one was answered before.
        if !answered {
            switchboard.sip.ring(now.instant, dialog);
            notifications::call_event(switchboard, now, sid, CallEvent::Ringing);
        }
        interpreter::request_document(switchboard, now, sid, &voice, asked);
        return;
    }
    let name = call.invite.to_user.trim().to_owned();
    if let Err(refusal) = switchboard.config.customs.check_name(&name) {
        if !name.is_empty() {
            notifications::notice_of_call(switchboard, now, sid, 10000, refusal.to_string(), None);
        }
        // A call that replaced another one was answered before.
        let end = match answered {
            true => CallEnd::WeHangUp,
            false => CallEnd::Refused(404),
        };
        calls::end_call(switchboard, now, sid, end);
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
    interpreter::run_document(switchboard, now, sid, document, String::new());
}
