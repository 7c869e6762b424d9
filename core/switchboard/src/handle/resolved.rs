//! Lookups of host names in SDP, and use of the offer or answer after the lookups.

use confab_sdp::{HostNames, Rejection, Session};
use confab_sip::{Lookup, Target, Transport};
use confab_terms::{CallSid, IpAddr, Now, limits};

use super::{late, offered};
use crate::flow::{self, Unacceptable};
use crate::live::{CallState, Lookups, Purpose, Timer};
use crate::{Output, Switchboard};

/// Placeholder port: only the address of the response is used.
const PORT: u16 = 9;

/// Starts the lookups; the session is used after their responses or the timeout.
pub(super) fn resolve(
    board: &mut Switchboard,
    now: Now,
    sid: CallSid,
    (session, names, purpose): (Session, &HostNames, Purpose),
) {
    let all: Vec<String> = match board.lookups.is_full() {
        true => Vec::new(),
        false => names.iter().cloned().collect(),
    };
    let lookups = all.into_iter().map(|name| {
        let lookup = Lookups::lookup(board.names.count());
        (lookup, name)
    });
    let lookups: std::collections::BTreeMap<_, _> = lookups.collect();
    for (lookup, host) in &lookups {
        board.send(Output::Resolve {
            lookup: *lookup,
            host: host.clone(),
            port: Some(PORT),
            transport: Some(Transport::Udp),
        });
    }
    let none = lookups.is_empty();
    let needed = names.media.clone();
    board.lookups.wait(sid, (session, needed, purpose), lookups);
    if none {
        return finish(board, now, sid);
    }
    let until = now.instant + limits::SIP_LOOKUP_WAIT;
    board.timers.set(Timer::Names(sid), until);
}

/// Handles a response. An unexpected response is ignored.
pub(crate) fn resolved(board: &mut Switchboard, now: Now, lookup: Lookup, found: &[Target]) {
    let v4 = board.config.media_address.to_canonical().is_ipv4();
    let addresses = found.iter().flat_map(|target| &target.addresses);
    let mut addresses = addresses.map(|address| address.ip().to_canonical());
    let address = addresses.find(|address: &IpAddr| address.is_ipv4() == v4);
    if let Some(sid) = board.lookups.answered(lookup, address) {
        finish(board, now, sid);
    }
}

/// Uses the session after all responses, or after the timeout.
pub(crate) fn finish(board: &mut Switchboard, now: Now, sid: CallSid) {
    board.timers.cancel(Timer::Names(sid));
    let Some(unresolved) = board.lookups.take(sid) else {
        return;
    };
    let (session, purpose) = (unresolved.session, unresolved.purpose);
    let rejection = unresolved.needed.map(Rejection::UnknownHost);
    match (purpose, rejection) {
        (Purpose::Invite, Some(rejection)) => flow::reject_media(board, now, sid, &rejection),
        (Purpose::Offer(_), Some(rejection)) => {
            let dialog = board.calls.get(sid).map(|call| call.dialog);
            let why = Unacceptable::from(&rejection);
            if let Some(dialog) = dialog {
                offered::refuse(board, now, dialog, &why);
            }
        }
        (Purpose::Answer, Some(rejection)) => late::agreed(board, now, sid, Err(rejection)),
        (Purpose::Invite, None) => use_offer(board, now, sid, session),
        (Purpose::Offer(source), None) => offered::answer(board, now, sid, (source, session)),
        (Purpose::Answer, None) => late::agreed(board, now, sid, Ok(session)),
    }
}

/// Stores the resolved offer of an INVITE, and requests the leg of a call that is being answered.
fn use_offer(board: &mut Switchboard, now: Now, sid: CallSid, session: Session) {
    let Some(call) = board.calls.get_mut(sid) else {
        return;
    };
    match &mut call.state {
        CallState::Ringing { offer } => *offer = Some(Box::new(session)),
        CallState::Opening { offer, .. } => {
            *offer = Some(Box::new(session));
            flow::request_leg(board, now, sid);
        }
        CallState::Offering { .. } | CallState::Answered(_) | CallState::Up(_) => {}
    }
}
