//! An offer or answer without usable media: a Notification with the reason, and 488 where a request
//! is still to be answered.

use confab_sdp::{NotAcceptable, Rejection};
use confab_terms::{CallSid, Now};

use super::end_call;
use crate::tell;
use crate::{CallEnd, Switchboard};

/// The vendor's codes: remote media description not applicable, no supported codec.
const BAD_DESCRIPTION: u32 = 53_403;
const NO_CODEC: u32 = 53_404;

/// Raises a Notification with the reason.
pub(crate) fn media_rejected(board: &mut Switchboard, now: Now, sid: CallSid, why: &Rejection) {
    let code = match why {
        Rejection::NotAcceptable(NotAcceptable::NoCodec) => NO_CODEC,
        _ => BAD_DESCRIPTION,
    };
    let message = format!("media of the call rejected: {why}");
    tell::notice_of_call(board, now, sid, code, message, None);
}

/// Ends a call whose first offer is rejected.
pub(crate) fn reject_media(board: &mut Switchboard, now: Now, sid: CallSid, why: &Rejection) {
    media_rejected(board, now, sid, why);
    end_call(board, now, sid, CallEnd::Refused(488));
}

/// Rejects a new offer within a call, which goes on as it was.
pub(crate) fn reject_new_media(board: &mut Switchboard, now: Now, sid: CallSid, why: &Rejection) {
    media_rejected(board, now, sid, why);
    if let Some(dialog) = board.calls.get(sid).map(|call| call.dialog) {
        board.sip.refuse_offer(now.instant, dialog, 488);
    }
}
