//! `POST …/Calls`: creation of an outbound call up to the request of its leg.

use confab_sip::DialogId;
use confab_terms::{CallSid, IpAddr, Ipv4Addr, Now, SocketAddr, limits};

use super::call::next;
use super::callee::{Callee, callee, client};
use crate::interpreter::{Announcements, Execution};
use crate::notifications;
use crate::state::{Call, CallState, Invite, Outgoing, Redirects, Timer, Times};
use crate::{CallEnd, CallStatus, Cookies, NewCall, Refusal, Reply, Switchboard, calls};

/// Vendor's code: the callee is temporarily unavailable.
const UNAVAILABLE: u32 = 31_480;
/// Placeholder until the callee's host name is resolved.
const NOT_KNOWN_YET: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 0);

/// Creates a call; the INVITE is sent after a port is bound.
pub(super) fn create(
    switchboard: &mut Switchboard,
    now: Now,
    wish: &NewCall,
) -> Result<Reply, Refusal> {
    // An invalid document is refused now, not after the answer.
    next(&wish.first)?;
    let callee = callee(switchboard, now, &wish.to)?;
    let from =
        caller_uri(switchboard, &wish.from).ok_or_else(|| Refusal::NoCaller(wish.from.clone()))?;
    let from_uri = match &wish.caller_id {
        None => from,
        Some(shown) => {
            caller_uri(switchboard, shown).ok_or_else(|| Refusal::NoCallerId(shown.clone()))?
        }
    };
    if !switchboard.accepts_calls() {
        switchboard.counters.calls_refused += 1;
        return Err(Refusal::Busy);
    }
    let sid = switchboard.ids.call();
    let is_reachable = callee.route.is_some();
    let call = call(switchboard, now, sid, (callee, from_uri), wish);
    switchboard.counters.calls_total += 1;
    switchboard.calls.insert(call);
    notifications::call_created(switchboard, now, sid);
    if !is_reachable {
        return not_registered(switchboard, now, sid);
    }
    switchboard
        .timers
        .set(Timer::Ringing(sid), now.instant + wish.rings);
    let thread = switchboard.threads.least_loaded();
    calls::open_leg_on(switchboard, sid, thread);
    super::call::fetch(switchboard, sid)
}

/// Returns the call before its INVITE.
fn call(
    switchboard: &mut Switchboard,
    now: Now,
    sid: CallSid,
    (callee, from_uri): (Callee, String),
    wish: &NewCall,
) -> Call {
    let Callee { to, route, headers } = callee;
    let via = route.as_ref().and_then(|route| route.via);
    let route = route.map(|route| route.with_credentials(wish.credentials.clone()));
    Call {
        sid,
        // Placeholder until the INVITE.
        dialog: DialogId(0),
        leg: switchboard.ids.leg(),
        thread: 0,
        invite: Invite {
            source: via.unwrap_or(NOT_KNOWN_YET),
            from: wish.from.clone(),
            from_name: None,
            sip_from: String::new(),
            to,
            forwarded_from: None,
            to_user: String::new(),
            to_host: String::new(),
            call_id: String::new(),
            x_headers: Vec::new(),
        },
        state: CallState::Opening {
            offer: None,
            requested: true,
        },
        status: CallStatus::Queued,
        times: Times::begun(now.wall),
        sip_result_code: None,
        document: Execution::default(),
        seat: None,
        music: None,
        announcing: Announcements::default(),
        redirects: Redirects::default(),
        cookies: Cookies::default(),
        fallback: wish.fallback.clone(),
        fallbacks: 0,
        status_callback: wish.status_callback.clone(),
        events_told: 0,
        replaces: None,
        outgoing: Some(Box::new(Outgoing {
            route,
            from_uri,
            headers,
            has_credentials: wish.credentials.is_some(),
            first: wish.first.clone(),
            record: wish.record.clone(),
            recorded: None,
            send_digits: wish.send_digits.clone(),
        })),
        recording: None,
        figures: None,
        time_limit: wish.time_limit,
        row: None,
    }
}

/// Ends a call to a user who is not registered, with the status of an unavailable phone (480).
fn not_registered(switchboard: &mut Switchboard, now: Now, sid: CallSid) -> Result<Reply, Refusal> {
    let reply = super::call::fetch(switchboard, sid);
    let to = switchboard
        .calls
        .get(sid)
        .map(|call| call.invite.to.clone());
    let message = format!(
        "{} is not registered: expected a user whose phone has registered here",
        to.unwrap_or_default()
    );
    notifications::notice_of_call(switchboard, now, sid, UNAVAILABLE, message, None);
    // No leg was requested.
    if let Some(call) = switchboard.calls.get_mut(sid) {
        call.state = CallState::Ringing { offer: None };
    }
    calls::end_call(switchboard, now, sid, CallEnd::Refused(480));
    reply
}

/// Returns the URI of a caller: a SIP URI unchanged; a number, a name or `client:NAME` as a local
/// user.
fn caller_uri(switchboard: &Switchboard, from: &str) -> Option<String> {
    let name = client(from).unwrap_or(from);
    let is_user = |b: u8| b.is_ascii_alphanumeric() || b"+-_.".contains(&b);
    if !name.is_empty() && name.len() <= limits::LABEL_CHARS_MAX && name.bytes().all(is_user) {
        return Some(format!("sip:{name}@{}", switchboard.config.sip_address));
    }
    // `user@host`: an address without a scheme.
    let has_scheme = from.contains(':');
    let uri = match from.contains('@') && !has_scheme {
        true => format!("sip:{from}"),
        false => from.to_owned(),
    };
    confab_sip::check_dialled(&uri, true).is_ok().then_some(uri)
}
