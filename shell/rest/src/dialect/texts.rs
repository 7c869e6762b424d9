//! Sids inside running text (error messages, notifications), in the spelling of a dialect.
//!
//! The core writes every sid as a UUID behind the noun of its kind: `the recording 19e4…`.

use confab_switchboard::Notice;
use confab_terms::{AccountSid, CallSid, ConferenceSid, RecordingSid, Sid};

use super::Dialect;

/// Length of a UUID in text.
const UUID_BYTES: usize = 36;

/// Nouns before a sid, and the prefix of that kind of sid.
const NOUNS: [(&str, &str); 5] = [
    ("account", AccountSid::PREFIX),
    ("call", CallSid::PREFIX),
    ("participant", CallSid::PREFIX),
    ("conference", ConferenceSid::PREFIX),
    ("recording", RecordingSid::PREFIX),
];

impl Dialect {
    /// Rewrites the UUIDs of sids in a text to this dialect's spelling.
    ///
    /// A UUID without the noun of a sid before it belongs to another system and is unchanged.
    #[must_use]
    pub fn text(self, text: &str) -> String {
        self.text_with(text, &[])
    }

    /// Rewrites a notification's message. The sids of its own call and conference need no noun.
    #[must_use]
    pub fn notice_text(self, notice: &Notice) -> String {
        let call = notice.call.map(|sid| (sid.to_string(), CallSid::PREFIX));
        let conference = notice.conference;
        let conference = conference.map(|sid| (sid.to_string(), ConferenceSid::PREFIX));
        let known: Vec<_> = call.into_iter().chain(conference).collect();
        self.text_with(&notice.message, &known)
    }

    fn text_with(self, text: &str, known: &[(String, &'static str)]) -> String {
        if self == Self::SignalWire {
            return text.to_owned();
        }
        let mut written = String::with_capacity(text.len());
        let mut copied = 0;
        while let Some(at) = next_uuid(text, copied) {
            let uuid = &text[at..at + UUID_BYTES];
            written.push_str(&text[copied..at]);
            let is_known = |(sid, _): &&(String, &str)| sid.eq_ignore_ascii_case(uuid);
            let letters = known.iter().find(is_known).map(|(_, letters)| *letters);
            match letters.or_else(|| letters_of_noun(&text[..at])) {
                Some(letters) => {
                    written.push_str(letters);
                    written.push_str(&uuid.replace('-', "").to_ascii_lowercase());
                }
                None => written.push_str(uuid),
            }
            copied = at + UUID_BYTES;
        }
        written.push_str(&text[copied..]);
        written
    }
}

/// Returns the prefix that belongs to the noun at the end of `before`.
fn letters_of_noun(before: &str) -> Option<&'static str> {
    let before = before.strip_suffix(' ')?;
    let noun = before.rsplit(|c: char| !c.is_ascii_alphabetic()).next()?;
    let found = NOUNS.iter().find(|(name, _)| *name == noun);
    found.map(|(_, letters)| *letters)
}

/// Finds the next UUID at or after a byte position.
fn next_uuid(text: &str, from: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'-';
    let is_uuid = |at: &usize| {
        let Some(window) = bytes.get(*at..*at + UUID_BYTES) else {
            return false;
        };
        let mut digits = window.iter().enumerate();
        digits.all(|(n, byte)| match n {
            8 | 13 | 18 | 23 => *byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        }) && !bytes.get(*at + UUID_BYTES).is_some_and(is_part)
            && !at
                .checked_sub(1)
                .is_some_and(|before| is_part(&bytes[before]))
    };
    (from..bytes.len()).find(is_uuid)
}

#[cfg(test)]
mod tests {
    use super::Dialect;

    const UUID: &str = "33333333-3333-4333-8333-3333333333af";
    const DIGITS: &str = "333333333333433383333333333333af";

    #[test]
    fn sid_behind_its_noun_is_spelled_in_twilios_way() {
        for (noun, letters) in [
            ("call", "CA"),
            ("participant", "CA"),
            ("conference", "CF"),
            ("recording", "RE"),
            ("account", "AC"),
        ] {
            let text = format!("é the {noun} {UUID}: {noun} {UUID}");
            let spelled = format!("é the {noun} {letters}{DIGITS}: {noun} {letters}{DIGITS}");
            assert_eq!(Dialect::Twilio.text(&text), spelled);
            assert_eq!(Dialect::SignalWire.text(&text), text);
        }
    }

    #[test]
    fn uuid_of_someone_else_stays_as_it_is() {
        for text in [
            format!("https://a.example/call/{UUID}"),
            format!("the call {UUID}0"),
            format!("the call x{UUID}"),
            format!("the ticket {UUID}"),
            format!("the call \"{UUID}\""),
            "the call ".to_owned(),
            UUID.to_owned(),
            UUID[..35].to_owned(),
            String::new(),
        ] {
            assert_eq!(Dialect::Twilio.text(&text), text);
        }
    }
}
