//! Keys to press on a phone, as the vendors write them: `ww12#`.

use serde::{Deserialize, Serialize};

/// Keys and waits, all of them known: `0`–`9`, `A`–`D`, `*` and `#`; `w` is half a second, `W` a
/// second. At least one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DigitString(String);

impl DigitString {
    /// `None`: something else is in it, nothing, or more than so many.
    #[must_use]
    pub fn parse(text: &str, chars_max: usize) -> Option<Self> {
        let known = |b: u8| b.is_ascii_digit() || b"ABCD*#wW".contains(&b);
        let fits = (1..=chars_max).contains(&text.len()) && text.bytes().all(known);
        fits.then(|| Self(text.to_owned()))
    }

    /// As it was written.
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
