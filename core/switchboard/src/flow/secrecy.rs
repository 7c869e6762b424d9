//! SRTP policy of a call, with new keys: the policy of the trunk, else the configured default.

use confab_sdp::OurSrtp;
use confab_sip::{DialogId, Trunk};
use confab_terms::{CallSid, Srtp};

use crate::Switchboard;

/// Returns the SRTP settings of an existing call.
pub(crate) fn srtp_of(board: &mut Switchboard, sid: CallSid) -> Option<OurSrtp> {
    let call = board.calls.get(sid)?;
    let trunk = match &call.outgoing {
        Some(outgoing) => outgoing
            .route
            .as_ref()
            .and_then(|route| board.sip.trunk_on(route)),
        None => board.sip.trunk_of(call.dialog),
    };
    let wanted = wanted(board, trunk);
    keys(board, wanted)
}

/// Returns the SRTP settings of an INVITE without a call.
pub(crate) fn srtp_from(board: &mut Switchboard, dialog: DialogId) -> Option<OurSrtp> {
    let wanted = wanted(board, board.sip.trunk_of(dialog));
    keys(board, wanted)
}

fn wanted(board: &Switchboard, trunk: Option<&Trunk>) -> Srtp {
    let of_trunk = trunk.and_then(|trunk| trunk.srtp);
    of_trunk.unwrap_or(board.config.srtp)
}

fn keys(board: &mut Switchboard, wanted: Srtp) -> Option<OurSrtp> {
    match wanted {
        Srtp::Off => None,
        Srtp::Prefer => Some(board.names.srtp(false)),
        Srtp::Require => Some(board.names.srtp(true)),
    }
}
