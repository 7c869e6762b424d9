//! Ids as a dialect writes and reads them: the same 128 bits in either spelling.

use confab_switchboard::conference::Key;
use confab_terms::limits::LABEL_CHARS_MAX;
use confab_terms::{AccountSid, CallSid, KeySid, Sid};

use super::Dialect;

/// Prefix of a notification's sid; only the store and the API have these sids.
const NOTIFICATION: &str = "NO";
/// Prefix of a dead letter's sid, which is the token of its event.
const DEAD_LETTER: &str = "DL";

impl Dialect {
    /// Returns a sid in the vendor's spelling.
    #[must_use]
    pub fn spell(self, sid: impl Sid) -> String {
        match self {
            Self::SignalWire => sid.to_string(),
            Self::Twilio => sid.prefixed(),
        }
    }

    /// Parses a sid in the vendor's spelling; `None` for other spellings.
    pub(crate) fn read<S: Sid>(self, text: &str) -> Option<S> {
        let is_ours = match self {
            Self::SignalWire => text.len() == 36,
            Self::Twilio => text.len() == 34 && text.starts_with(S::PREFIX),
        };
        is_ours.then(|| text.parse().ok()).flatten()
    }

    /// Returns the vendor's spelling of a notification's sid, a UUID in the store.
    pub(crate) fn spell_notification(self, sid: &str) -> String {
        self.spell_uuid(NOTIFICATION, sid)
    }

    /// Parses the sid of a notification to a UUID as in the store; `None` if the text cannot be a
    /// sid.
    pub(crate) fn read_notification(self, text: &str) -> Option<String> {
        self.read_uuid(NOTIFICATION, text)
    }

    /// Returns the vendor's spelling of a dead letter's sid.
    pub(crate) fn spell_dead_letter(self, sid: &str) -> String {
        self.spell_uuid(DEAD_LETTER, sid)
    }

    /// Parses the sid of a dead letter; `None` if the text cannot be a sid.
    pub(crate) fn read_dead_letter(self, text: &str) -> Option<String> {
        self.read_uuid(DEAD_LETTER, text)
    }

    fn spell_uuid(self, letters: &str, sid: &str) -> String {
        match self {
            Self::SignalWire => sid.to_owned(),
            Self::Twilio => format!("{letters}{}", sid.replace('-', "")),
        }
    }

    fn read_uuid(self, letters: &str, text: &str) -> Option<String> {
        let sid: Option<CallSid> = match self {
            Self::SignalWire => self.read(text),
            // The digits are those of a UUID, whatever the prefix.
            Self::Twilio => {
                let digits = text.strip_prefix(letters)?;
                self.read(&format!("{}{digits}", CallSid::PREFIX))
            }
        };
        sid.map(|sid| sid.to_string())
    }

    /// Parses a participant's key in a path: a CallSid, else a label. `None`: neither.
    pub(crate) fn key(self, text: &str) -> Option<Key> {
        if let Some(call) = self.read(text) {
            return Some(Key::Call(call));
        }
        let is_label =
            !text.is_empty() && text.chars().count() <= LABEL_CHARS_MAX && !text.contains('/');
        is_label.then(|| Key::Label(text.to_owned()))
    }

    /// Returns a participant's key for a message: a CallSid in the vendor's spelling, a label
    /// unchanged.
    pub(crate) fn spell_key(self, said: &str) -> String {
        match said.parse::<CallSid>() {
            Ok(call) => self.spell(call),
            Err(_) => said.to_owned(),
        }
    }
}

/// Parses an account's sid: a UUID, `AC` and 32 digits, or `AC` and a UUID. Every dialect accepts
/// all three, because the library of a vendor requires the letters.
pub fn account_sid(text: &str) -> Option<AccountSid> {
    let rest = text.strip_prefix(AccountSid::PREFIX);
    match (rest.unwrap_or(text).len(), rest) {
        (36, _) => rest.unwrap_or(text).parse().ok(),
        (32, Some(_)) => text.parse().ok(),
        _ => None,
    }
}

/// Parses the sid of an API key: `SK` and 32 hexadecimal digits, in every dialect.
pub(crate) fn key_sid(text: &str) -> Option<KeySid> {
    let digits = text.strip_prefix(KeySid::PREFIX)?;
    (digits.len() == 32).then(|| text.parse().ok()).flatten()
}
