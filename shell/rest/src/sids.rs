//! Sids as they are written in a path, a form or as the user of Basic authentication.

use core::str::FromStr;

use confab_switchboard::conference::Key;
use confab_terms::limits::LABEL_CHARS_MAX;
use confab_terms::{AccountSid, CallSid};

/// A hyphenated UUID; the other spellings of a UUID are none of ours.
pub(crate) fn sid<T: FromStr>(text: &str) -> Option<T> {
    (text.len() == 36).then(|| text.parse().ok()).flatten()
}

/// An account's sid, or `AC` and its sid: one vendor's library insists on that.
pub(crate) fn account_sid(text: &str) -> Option<AccountSid> {
    sid(text.strip_prefix("AC").unwrap_or(text))
}

/// A participant's key in a path: its call, else its label. `None`: can be neither.
pub(crate) fn key(text: &str) -> Option<Key> {
    if let Some(call) = sid::<CallSid>(text) {
        return Some(Key::Call(call));
    }
    let is_label =
        !text.is_empty() && text.chars().count() <= LABEL_CHARS_MAX && !text.contains('/');
    is_label.then(|| Key::Label(text.to_owned()))
}
