//! Rejection of an offer with 488 and a Warning (RFC 3261 §20.43), and a notice with the reason.

use confab_sdp::{NotAcceptable, Rejection};
use confab_sip::DialogId;
use confab_terms::{CallSid, Now};

use crate::Switchboard;
use crate::tell;

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
pub(crate) fn tell_unacceptable(
    board: &mut Switchboard,
    now: Now,
    (sid, dialog): (CallSid, DialogId),
    request: &str,
    why: &Unacceptable,
) {
    board.sip.warn(dialog, why.warning, &why.text);
    let message = format!("{request} refused with 488: {}", why.text);
    tell::notice_of_call(board, now, sid, why.notice, message, None);
}
