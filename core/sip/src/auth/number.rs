//! Telephone numbers of a trunk in E.164: visual separators are removed, and national and
//! international prefixes are replaced by the country code.

use serde::{Deserialize, Serialize};

/// Maximum number of digits of an international number (E.164 §6.2.1).
const DIGITS_MAX: usize = 15;
/// Minimum number of digits of a national number without a leading 0; fewer are a short number.
const NATIONAL_DIGITS_MIN: usize = 5;
/// Countries whose national numbers keep their leading 0 in the international form.
const KEEP_LEADING_ZERO: [&str; 4] = ["39", "225", "242", "378"];
/// North America: no leading 0, prefixes 1 (national) and 011 (international).
const NORTH_AMERICA: &str = "1";

/// Country code of a trunk's national numbers, without the plus sign.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CountryCode(String);

impl CountryCode {
    /// Parses one to three digits that do not begin with 0, with or without a plus sign.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('+').unwrap_or(text);
        let sound = (1..=3).contains(&digits.len())
            && !digits.starts_with('0')
            && digits.bytes().all(|b| b.is_ascii_digit());
        sound.then(|| Self(digits.to_owned()))
    }

    /// Returns the digits, without a plus sign.
    #[must_use]
    pub fn digits(&self) -> &str {
        &self.0
    }

    /// Returns the international form of dialed digits; `None`: a short number or an invalid
    /// number.
    fn complete(&self, dialled: &str) -> Option<String> {
        let code = self.digits();
        let international = match dialled.strip_prefix("00") {
            None if code == NORTH_AMERICA => dialled.strip_prefix("011"),
            rest => rest,
        };
        let digits = match (international, dialled.strip_prefix('0')) {
            (Some(rest), _) => Some(rest.to_owned()).filter(|rest| !rest.starts_with('0')),
            (None, _) if KEEP_LEADING_ZERO.contains(&code) && dialled.starts_with('0') => {
                Some(format!("{code}{dialled}"))
            }
            (None, Some(rest)) => Some(rest)
                .filter(|rest| !rest.is_empty())
                .map(|rest| format!("{code}{rest}")),
            (None, None) if code == NORTH_AMERICA && is_prefixed(dialled) => {
                Some(dialled.to_owned())
            }
            (None, None) => Some(dialled)
                .filter(|digits| digits.len() >= NATIONAL_DIGITS_MIN)
                .map(|digits| format!("{code}{digits}")),
        };
        let fits = |digits: &String| (1..=DIGITS_MAX).contains(&digits.len());
        digits.filter(fits).map(|digits| format!("+{digits}"))
    }
}

/// Returns true for a North American number with the national prefix 1, which is also the country
/// code.
fn is_prefixed(digits: &str) -> bool {
    digits.len() == 11 && digits.starts_with('1')
}

/// Returns the E.164 form of a user part or of a `tel:` subscriber; `None`: the text stays as
/// received.
pub(crate) fn e164(text: &str, country_code: Option<&CountryCode>) -> Option<String> {
    // Parameters of the subscriber (RFC 3966 §3): `;ext=`, `;npdi`, `;phone-context=`.
    let number = text.split(';').next().unwrap_or_default().trim();
    let (global, local) = match number.strip_prefix('+') {
        // In `+49 (0)30`, the 0 is dialed within the country only.
        Some(rest) => (true, rest.replacen("(0)", "", 1)),
        None => (false, number.to_owned()),
    };
    let is_separator = |c: &char| matches!(c, '-' | '.' | '(' | ')' | ' ');
    let digits: String = local.chars().filter(|c| !is_separator(c)).collect();
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    match (global, country_code) {
        (true, _) => Some(format!("+{digits}")),
        (false, Some(code)) => code.complete(&digits),
        (false, None) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{CountryCode, e164};

    fn complete(code: &str, text: &str) -> Option<String> {
        let code = CountryCode::parse(code).unwrap();
        e164(text, Some(&code))
    }

    #[test]
    fn numbers_with_a_country_code_become_e164() {
        for (code, text, number) in [
            ("49", "+15551234567", "+15551234567"),
            ("49", "0015551234567", "+15551234567"),
            ("49", "0301234567", "+49301234567"),
            ("+49", "301234567", "+49301234567"),
            ("49", "030/1234567", ""),
            ("49", "(030) 123-45.67", "+49301234567"),
            ("49", "+49 (0)30 1234567", "+49301234567"),
            ("49", "0301234567;phone-context=+49", "+49301234567"),
            ("49", "+15551234567;npdi;rn=+15550000000", "+15551234567"),
            ("1", "5551234567", "+15551234567"),
            ("1", "15551234567", "+15551234567"),
            ("1", "01149301234567", "+49301234567"),
            ("39", "0612345678", "+390612345678"),
            ("49", "110", ""),
            ("49", "0", ""),
            ("49", "00", ""),
            ("49", "000", ""),
            ("49", "1234567890123456", ""),
            ("49", "alice", ""),
            ("49", "*21*123#", ""),
            ("49", "+", ""),
            ("49", "", ""),
        ] {
            let number = Some(number.to_owned()).filter(|number| !number.is_empty());
            assert_eq!(complete(code, text), number, "{text} with {code}");
        }
    }

    #[test]
    fn without_a_country_code_only_international_numbers_are_changed() {
        assert_eq!(
            e164("+1-555-123-4567", None).as_deref(),
            Some("+15551234567")
        );
        assert_eq!(e164("0301234567", None), None);
        assert_eq!(e164("0015551234567", None), None);
    }

    #[test]
    fn country_codes_are_one_to_three_digits() {
        for text in ["49", "+49", "1", "+1", "423"] {
            assert!(CountryCode::parse(text).is_some(), "{text}");
        }
        for text in [
            "", "+", "0", "049", "0049", "4949", "DE", "++49", "4 9", "-49",
        ] {
            assert_eq!(CountryCode::parse(text), None, "{text}");
        }
    }
}
