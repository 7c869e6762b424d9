//! An offer that cannot be answered: 488 with a Warning (RFC 3261 §20.43), and a Notification
//! with the reason.

use confab_sdp::{NotAcceptable, Rejection};
use confab_sip::DialogId;
use confab_terms::{CallSid, Now};

use crate::Switchboard;
use crate::tell;

/// The vendor's: the server is unable to apply a remote media description.
const NOT_APPLICABLE: u32 = 53_403;
/// The vendor's: no supported codec.
const NO_CODEC: u32 = 53_404;

/// Reason for which an offer is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unacceptable {
    warning: u16,
    notice: u32,
    text: String,
}

impl Unacceptable {
    /// A reason that is not in the offer.
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

/// Gives the next refusal of a dialog its Warning, and tells the owner of the account. `request`
/// is the method of the refused request.
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
