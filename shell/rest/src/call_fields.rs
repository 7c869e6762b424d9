//! Types of a call's fields: parties, durations, credentials.

use std::time::Duration;

use confab_switchboard::{Account, Secret};

use crate::errors::ApiError;
use crate::fields::invalid;
use crate::form::Fields;

/// Maximum `TimeLimit`: one day, as both vendors limit `timeLimit` of `<Dial>`.
const TIME_LIMIT_S_MAX: u64 = 86_400;
/// Maximum number of bytes of a user or a password.
const CREDENTIAL_BYTES_MAX: usize = 256;

impl Fields {
    /// Returns a number, a name or a URI. The plus sign of a number that was sent unescaped has
    /// become a blank, and is restored.
    pub(crate) fn party(&self, name: &str) -> Option<String> {
        let text = self.filled(name)?;
        let number = text.strip_prefix(' ').unwrap_or_default();
        let lost_plus = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
        Some(match lost_plus {
            true => format!("+{number}"),
            false => text.to_owned(),
        })
    }

    /// Returns the maximum duration of a call.
    pub(crate) fn time_limit(&self) -> Result<Option<Duration>, ApiError> {
        let Some(text) = self.filled("TimeLimit") else {
            return Ok(None);
        };
        let seconds = text.parse().ok();
        let seconds = seconds.filter(|n| (1..=TIME_LIMIT_S_MAX).contains(n));
        let wanted = "a number of seconds from 1 to 86400";
        let seconds = seconds.ok_or_else(|| invalid(text, "TimeLimit", wanted))?;
        Ok(Some(Duration::from_secs(seconds)))
    }

    /// Returns `SipAuthUsername` and `SipAuthPassword`. Errors never show their values.
    pub(crate) fn credentials(&self) -> Result<Option<Account>, ApiError> {
        let (user, password) = ("SipAuthUsername", "SipAuthPassword");
        let (user, password) = match (self.filled(user), self.filled(password)) {
            (None, None) => return Ok(None),
            (Some(user), Some(password)) => (user, password),
            (Some(_), None) => return Err(ApiError::InvalidSecret("SipAuthPassword", WITH_USER)),
            (None, Some(_)) => {
                return Err(ApiError::InvalidSecret("SipAuthUsername", WITH_PASSWORD));
            }
        };
        let is_sound = |text: &str, not: &[char]| {
            text.len() <= CREDENTIAL_BYTES_MAX
                && !text.contains(|c: char| c.is_control() || not.contains(&c))
        };
        if !is_sound(user, &['"', '\\', ':']) {
            return Err(ApiError::InvalidSecret("SipAuthUsername", SOUND_USER));
        }
        if !is_sound(password, &[]) {
            return Err(ApiError::InvalidSecret("SipAuthPassword", SOUND_PASSWORD));
        }
        Ok(Some(Account {
            user: user.to_owned(),
            password: Secret(password.to_owned()),
        }))
    }
}

const WITH_USER: &str = "a password beside SipAuthUsername";
const WITH_PASSWORD: &str = "a user beside SipAuthPassword";
const SOUND_USER: &str = "at most 256 bytes without control characters, \\, \" and :";
const SOUND_PASSWORD: &str = "at most 256 bytes without control characters";
