//! SRTP policy of a call, with new keys: the policy of the trunk, else the configured default.

use confab_sdp::OurSrtp;
use confab_sip::{DialogId, Trunk};
use confab_terms::{CallSid, Srtp};

use crate::Switchboard;

/// Returns the SRTP settings of an existing call.
pub(crate) fn srtp_of(switchboard: &mut Switchboard, sid: CallSid) -> Option<OurSrtp> {
    let call = switchboard.calls.get(sid)?;
    let trunk = match &call.outgoing {
        Some(outgoing) => outgoing
            .route
            .as_ref()
            .and_then(|route| switchboard.sip.trunk_on(route)),
        None => switchboard.sip.trunk_of(call.dialog),
    };
    let wanted = wanted(switchboard, trunk);
    keys(switchboard, wanted)
}

/// Returns the SRTP settings of an INVITE without a call.
pub(crate) fn srtp_from(switchboard: &mut Switchboard, dialog: DialogId) -> Option<OurSrtp> {
    let wanted = wanted(switchboard, switchboard.sip.trunk_of(dialog));
    keys(switchboard, wanted)
}

fn wanted(switchboard: &Switchboard, trunk: Option<&Trunk>) -> Srtp {
    let of_trunk = trunk.and_then(|trunk| trunk.srtp);
    of_trunk.unwrap_or(switchboard.config.srtp)
}

fn keys(switchboard: &mut Switchboard, wanted: Srtp) -> Option<OurSrtp> {
    match wanted {
        Srtp::Off => None,
        Srtp::Prefer => Some(switchboard.ids.srtp(false)),
        Srtp::Require => Some(switchboard.ids.srtp(true)),
    }
}
