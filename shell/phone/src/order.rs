//! Orders to a phone during a call.

use confab_terms::Digit;

use crate::Voice;
use crate::line::Line;

/// Order to the thread of the phones.
pub(crate) enum Order {
    /// New phone, which calls.
    Call(Box<Line>),
    /// Order to the phone with this id.
    To(u64, LineOrder),
    /// End of the last handle: all phones hang up, and the thread ends.
    Close,
}

/// Order to one phone.
pub(crate) enum LineOrder {
    /// BYE, or CANCEL before the answer.
    HangUp,
    /// Re-INVITE with `sendonly`.
    Hold,
    /// Re-INVITE with `sendrecv`.
    Resume,
    /// Other audio, from the next frame on.
    Say(Voice),
    /// DTMF digits (RFC 4733).
    Press(Vec<Digit>),
    /// Closing of the sockets without a message.
    Vanish,
    /// Hang-up, and removal once the call has ended.
    Forget,
}
