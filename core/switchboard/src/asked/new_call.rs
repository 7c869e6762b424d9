//! A call of ours: who may be called, and what it is until its leg is there.

use confab_sip::{DialogId, NotDialled};
use confab_terms::{IpAddr, Ipv4Addr, Now, SocketAddr, limits};

use super::call::next;
use crate::live::{Call, CallState, Invite, Outgoing, Redirects, Timer, Times};
use crate::program::{Announcing, Flow};
use crate::tell;
use crate::{CallStatus, NewCall, Refusal, Reply, Switchboard, flow};

/// Where a call goes whose name nobody has looked up.
const NOT_KNOWN_YET: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 0);

/// Takes it up; the INVITE leaves once a port is bound for it.
pub(super) fn create(board: &mut Switchboard, now: Now, wish: &NewCall) -> Result<Reply, Refusal> {
    // A document that cannot be read is refused now and not when somebody has answered.
    next(&wish.first)?;
    let route = board.sip.route(now.instant, &wish.to);
    let route = route.ok_or_else(|| nobody(board, &wish.to))?;
    let from_uri = from_uri(board, &wish.from)?;
    if !board.takes_calls() {
        board.counted.calls_refused += 1;
        return Err(Refusal::Busy);
    }
    let (sid, leg) = (board.names.call(), board.names.leg());
    board.counted.calls_total += 1;
    board.calls.insert(Call {
        sid,
        // It has none before its INVITE.
        dialog: DialogId(0),
        leg,
        thread: 0,
        invite: Invite {
            source: route.via.unwrap_or(NOT_KNOWN_YET),
            from: wish.from.clone(),
            from_name: None,
            to: wish.to.clone(),
            to_user: String::new(),
            to_host: String::new(),
            call_id: String::new(),
            x_headers: Vec::new(),
        },
        state: CallState::Opening { offer: Vec::new() },
        status: CallStatus::Queued,
        times: Times::begun(now.wall),
        sip_result_code: None,
        flow: Flow::default(),
        seat: None,
        music: None,
        announcing: Announcing::default(),
        redirects: Redirects::default(),
        fallback: wish.fallback.clone(),
        fallbacks: 0,
        status_callback: wish.status_callback.clone(),
        events_told: 0,
        replaces: None,
        outgoing: Some(Box::new(Outgoing {
            route,
            from_uri,
            first: wish.first.clone(),
            record: wish.record.clone(),
            recorded: None,
            send_digits: wish.send_digits.clone(),
        })),
        recording: None,
    });
    board
        .timers
        .set(Timer::Ringing(sid), now.instant + wish.rings);
    tell::call_began(board, now, sid);
    let thread = board.threads.idlest();
    flow::open_leg_on(board, sid, thread);
    super::call::fetch(board, sid)
}

/// A URI that nothing of ours leads to says so; else there is nobody.
fn nobody(board: &Switchboard, to: &str) -> Refusal {
    match confab_sip::check_dialled(to, board.config.sips_port.is_some()) {
        Ok(()) | Err(NotDialled::NotSip(_)) => Refusal::NobodyToCall(to.to_owned()),
        Err(why) => Refusal::NoWayThere(why.to_string()),
    }
}

/// A SIP URI as it is; a number or a name as a user of ours.
fn from_uri(board: &Switchboard, from: &str) -> Result<String, Refusal> {
    let is_user = |b: u8| b.is_ascii_alphanumeric() || b"+-_.".contains(&b);
    if !from.is_empty() && from.len() <= limits::LABEL_CHARS_MAX && from.bytes().all(is_user) {
        return Ok(format!("sip:{from}@{}", board.config.sip_address));
    }
    match confab_sip::check_dialled(from, true) {
        Ok(()) => Ok(from.to_owned()),
        Err(_) => Err(Refusal::NoCaller(from.to_owned())),
    }
}
