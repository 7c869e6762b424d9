//! An offer or answer without usable media: a Notification with the reason, and 488 with a Warning
//! where a request is still to be answered.

use confab_sdp::Rejection;
use confab_terms::{CallSid, Now};

use super::{Unacceptable, end_call, tell_unacceptable};
use crate::live::CallState;
use crate::tell;
use crate::{CallEnd, Switchboard};

/// The vendor's: the server is unable to apply a remote media description.
const UNUSABLE_ANSWER: u32 = 53_403;

/// Raises a Notification about an answer to an offer of ours, and ends a call that has no media.
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
