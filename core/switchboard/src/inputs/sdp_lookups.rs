//! Lookups of host names in SDP, and use of the offer or answer after the lookups.

use confab_sdp::{HostNames, Rejection, Session};
use confab_sip::{Lookup, Target, Transport};
use confab_terms::{CallSid, IpAddr, Now, limits};

use super::{late_offer, reoffer};
use crate::calls::{self, Unacceptable};
use crate::state::{CallState, Lookups, Purpose, Timer};
use crate::{Output, Switchboard};

/// Placeholder port: only the address of the response is used.
const PORT: u16 = 9;

/// Starts the lookups; the session is used after their responses or the timeout.
pub(super) fn resolve(
    switchboard: &mut Switchboard,
    now: Now,
    sid: CallSid,
    (session, names, purpose): (Session, &HostNames, Purpose),
) {
    let all: Vec<String> = match switchboard.lookups.is_full() {
        true => Vec::new(),
        false => names.iter().cloned().collect(),
    };
    let lookups = all.into_iter().map(|name| {
        let lookup = Lookups::lookup(switchboard.ids.count());
        (lookup, name)
    });
    let lookups: std::collections::BTreeMap<_, _> = lookups.collect();
    for (lookup, host) in &lookups {
        switchboard.send(Output::Resolve {
            lookup: *lookup,
            host: host.clone(),
            port: Some(PORT),
            transport: Some(Transport::Udp),
        });
    }
    let none = lookups.is_empty();
    let needed = names.media.clone();
    switchboard
        .lookups
        .wait(sid, (session, needed, purpose), lookups);
    if none {
        return finish(switchboard, now, sid);
    }
    let until = now.instant + limits::SIP_LOOKUP_WAIT;
    switchboard.timers.set(Timer::SdpLookup(sid), until);
}

/// Handles a response. An unexpected response is ignored.
pub(crate) fn resolved(switchboard: &mut Switchboard, now: Now, lookup: Lookup, found: &[Target]) {
    let v4 = switchboard.config.media_address.to_canonical().is_ipv4();
    let addresses = found.iter().flat_map(|target| &target.addresses);
    let mut addresses = addresses.map(|address| address.ip().to_canonical());
    let address = addresses.find(|address: &IpAddr| address.is_ipv4() == v4);
    if let Some(sid) = switchboard.lookups.answered(lookup, address) {
        finish(switchboard, now, sid);
    }
}

/// Uses the session after all responses, or after the timeout.
pub(crate) fn finish(switchboard: &mut Switchboard, now: Now, sid: CallSid) {
    switchboard.timers.cancel(Timer::SdpLookup(sid));
    let Some(unresolved) = switchboard.lookups.take(sid) else {
        return;
    };
    let (session, purpose) = (unresolved.session, unresolved.purpose);
    let rejection = unresolved.needed.map(Rejection::UnknownHost);
    match (purpose, rejection) {
        (Purpose::Invite, Some(rejection)) => {
            calls::reject_media(switchboard, now, sid, &rejection);
        }
        (Purpose::Offer(_), Some(rejection)) => {
            let dialog = switchboard.calls.get(sid).map(|call| call.dialog);
            let why = Unacceptable::from(&rejection);
            if let Some(dialog) = dialog {
                reoffer::refuse(switchboard, now, dialog, &why);
            }
        }
        (Purpose::Answer, Some(rejection)) => {
            late_offer::agreed(switchboard, now, sid, Err(rejection));
        }
        (Purpose::Invite, None) => use_offer(switchboard, now, sid, session),
        (Purpose::Offer(source), None) => reoffer::answer(switchboard, now, sid, (source, session)),
        (Purpose::Answer, None) => late_offer::agreed(switchboard, now, sid, Ok(session)),
    }
}

/// Stores the resolved offer of an INVITE, and requests the leg of a call that is being answered.
fn use_offer(switchboard: &mut Switchboard, now: Now, sid: CallSid, session: Session) {
    let Some(call) = switchboard.calls.get_mut(sid) else {
        return;
    };
    match &mut call.state {
        CallState::Ringing { offer } => *offer = Some(Box::new(session)),
        CallState::Opening { offer, .. } => {
            *offer = Some(Box::new(session));
            calls::request_leg(switchboard, now, sid);
        }
        CallState::Offering { .. } | CallState::Answered(_) | CallState::Up(_) => {}
    }
}
