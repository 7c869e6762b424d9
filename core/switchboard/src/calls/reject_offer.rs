//! Rejection of an offer or answer without usable media: a notice with the reason, and 488 with a
//! Warning (RFC 3261 §20.43) if a request is pending.

use confab_sdp::{NotAcceptable, Rejection};
use confab_sip::DialogId;
use confab_terms::{CallSid, Now};

use super::end_call;
use crate::notifications;
use crate::state::CallState;
use crate::{CallEnd, Switchboard};

/// Vendor's code: the server is unable to apply a remote media description.
const NOT_APPLICABLE: u32 = 53_403;
/// Vendor's code: no supported codec.
const NO_CODEC: u32 = 53_404;

/// Reason for the rejection of an offer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unacceptable {
    warning: u16,
    notice: u32,
    text: String,
}

impl Unacceptable {
    /// Creates a reason outside the offer.
    pub(crate) fn state(text: &str) -> Self {
        Self {
            warning: 399,
            notice: NOT_APPLICABLE,
            text: text.to_owned(),
        }
    }
}

impl From<&Rejection> for Unacceptable {
    fn from(why: &Rejection) -> Self {
        let notice = match why {
            Rejection::NotAcceptable(NotAcceptable::NoCodec) => NO_CODEC,
            _ => NOT_APPLICABLE,
        };
        Self {
            warning: why.warning_code(),
            notice,
            text: why.to_string(),
        }
    }
}

/// Sets the Warning of the dialog's next rejection, and sends a notice. `request` is the method of
/// the rejected request.
pub(crate) fn report_rejection(
    switchboard: &mut Switchboard,
    now: Now,
    (sid, dialog): (CallSid, DialogId),
    request: &str,
    why: &Unacceptable,
) {
    switchboard.sip.warn(dialog, why.warning, &why.text);
    let message = format!("{request} refused with 488: {}", why.text);
    notifications::notice_of_call(switchboard, now, sid, why.notice, message, None);
}

/// Reports an unusable answer to a local offer, and ends a call without media.
pub(crate) fn reject_answer(
    switchboard: &mut Switchboard,
    now: Now,
    sid: CallSid,
    why: &Rejection,
) {
    let state = switchboard.calls.get(sid).map(|call| &call.state);
    let ends = matches!(state, Some(CallState::Offering { .. }));
    let outcome = if ends { ", call ended" } else { "" };
    let message = format!("the answer to our offer cannot be used{outcome}: {why}");
    notifications::notice_of_call(switchboard, now, sid, NOT_APPLICABLE, message, None);
    if ends {
        end_call(switchboard, now, sid, CallEnd::WeHangUp);
    }
}

/// Ends a call whose first offer is rejected.
pub(crate) fn reject_media(switchboard: &mut Switchboard, now: Now, sid: CallSid, why: &Rejection) {
    if let Some(dialog) = switchboard.calls.get(sid).map(|call| call.dialog) {
        let why = Unacceptable::from(why);
        report_rejection(switchboard, now, (sid, dialog), "INVITE", &why);
    }
    end_call(switchboard, now, sid, CallEnd::Refused(488));
}
