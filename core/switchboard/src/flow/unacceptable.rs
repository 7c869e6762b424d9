//! An offer that cannot be answered: 488 with a Warning (RFC 3261 §20.43), and a Notification
//! with the reason.

use confab_sdp::{Malformed, NotAcceptable};
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

impl From<Malformed> for Unacceptable {
    fn from(error: Malformed) -> Self {
        Self::state(&format!("malformed SDP: {error}"))
    }
}

impl From<NotAcceptable> for Unacceptable {
    fn from(error: NotAcceptable) -> Self {
        let (warning, notice) = match error {
            // Incompatible transport protocol.
            NotAcceptable::NotSecure | NotAcceptable::NotRtpAvp | NotAcceptable::NotClear => {
                (302, NOT_APPLICABLE)
            }
            // Media type not available.
            NotAcceptable::NoAudio => (304, NOT_APPLICABLE),
            // Incompatible media format.
            NotAcceptable::NoCodec => (305, NO_CODEC),
            _ => (399, NOT_APPLICABLE),
        };
        Self {
            warning,
            notice,
            text: error.to_string(),
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
