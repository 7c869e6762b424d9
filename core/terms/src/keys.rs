//! DTMF digits to send to a phone, in the vendors' notation: `ww12#`.

use serde::{Deserialize, Serialize};

/// Digits and pauses, at least one: `0`–`9`, `A`–`D`, `*` and `#`; `w` is a pause of 0.5 s, `W` of
/// 1 s.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DigitString(String);

impl DigitString {
    /// Parses at most `chars_max` characters. Returns `None` if the text is empty, too long, or
    /// contains any other character.
    #[must_use]
    pub fn parse(text: &str, chars_max: usize) -> Option<Self> {
        let known = |b: u8| b.is_ascii_digit() || b"ABCD*#wW".contains(&b);
        let fits = (1..=chars_max).contains(&text.len()) && text.bytes().all(known);
        fits.then(|| Self(text.to_owned()))
    }

    /// Returns the text as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::DigitString;

    #[test]
    fn what_the_vendors_know_is_taken_as_it_is() {
        let parse = |text| DigitString::parse(text, 18);
        let all = "0123456789ABCD*#wW";
        assert_eq!(
            parse(all).map(|digits| digits.as_str().to_owned()),
            Some(all.to_owned())
        );
        for wrong in ["", " 1", "a", "1,2", "p", "1\u{661}", "0123456789ABCD*#wW1"] {
            assert_eq!(parse(wrong), None, "{wrong:?}");
        }
    }
}
