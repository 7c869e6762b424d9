//! Rejection of an offer or answer without usable media: a notice with the reason, and 488 with a
//! Warning if a request is pending.

use confab_sdp::Rejection;
use confab_terms::{CallSid, Now};

use super::{Unacceptable, end_call, tell_unacceptable};
use crate::live::CallState;
use crate::tell;
use crate::{CallEnd, Switchboard};

/// Vendor's code: the server is unable to apply a remote media description.
const UNUSABLE_ANSWER: u32 = 53_403;

/// Reports an unusable answer to a local offer, and ends a call without media.
pub(crate) fn reject_answer(board: &mut Switchboard, now: Now, sid: CallSid, why: &Rejection) {
    let state = board.calls.get(sid).map(|call| &call.state);
    let ends = matches!(state, Some(CallState::Offering { .. }));
    let outcome = if ends { ", call ended" } else { "" };
    let message = format!("the answer to our offer cannot be used{outcome}: {why}");
    tell::notice_of_call(board, now, sid, UNUSABLE_ANSWER, message, None);
    if ends {
        end_call(board, now, sid, CallEnd::WeHangUp);
    }
}

/// Ends a call whose first offer is rejected.
pub(crate) fn reject_media(board: &mut Switchboard, now: Now, sid: CallSid, why: &Rejection) {
    if let Some(dialog) = board.calls.get(sid).map(|call| call.dialog) {
        let why = Unacceptable::from(why);
        tell_unacceptable(board, now, (sid, dialog), "INVITE", &why);
    }
    end_call(board, now, sid, CallEnd::Refused(488));
}
