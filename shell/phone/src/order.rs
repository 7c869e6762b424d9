//! What a phone can be told while it calls.

use confab_terms::Digit;

use crate::Voice;
use crate::line::Line;

/// To the thread of the phones.
pub(crate) enum Order {
    /// A new phone.
    Call(Box<Line>),
    /// To one that is there.
    To(u64, LineOrder),
    /// The last handle is gone: hang up and end.
    Close,
}

/// To one phone.
pub(crate) enum LineOrder {
    /// BYE, or CANCEL before the answer.
    HangUp,
    /// A re-INVITE with `sendonly`.
    Hold,
    /// A re-INVITE with `sendrecv`.
    Resume,
    /// From now on.
    Say(Voice),
    /// RFC 4733.
    Press(Vec<Digit>),
    /// Close its sockets without a word.
    Vanish,
    /// Stop knowing it, once it has ended.
    Forget,
}
