//! Weak secrets in the configuration. Secrets that confab generates are random.

use std::collections::BTreeSet;

use super::Found;
use crate::config::Config;

/// Recommended minimum length of a secret, in characters.
const CHARS_MIN: usize = 12;
/// Recommended minimum number of different characters.
const DIFFERENT_MIN: usize = 6;
/// First words of common password lists.
const COMMON: [&str; 12] = [
    "password", "passwort", "secret", "changeme", "letmein", "welcome", "admin", "qwerty",
    "confab", "12345", "asdf", "abc123",
];

/// Warns about each weak secret; returns a positive result if none is weak.
pub(super) fn all(config: &Config) -> Vec<Found> {
    let weak: Vec<_> = weak_secrets(config).into_iter().map(Found::Weak).collect();
    match weak.is_empty() {
        true => vec![Found::Good("secrets: none can be guessed".to_owned())],
        false => weak,
    }
}

/// Returns a line for each weak secret, without the secret.
pub(crate) fn weak_secrets(config: &Config) -> Vec<String> {
    let account = config.account_sid.map(|sid| sid.0.to_string());
    let mut secrets = vec![
        ("CONFAB_AUTH_TOKEN".to_owned(), &config.auth_token, account),
        ("CONFAB_SIGNING_KEY".to_owned(), &config.signing_key, None),
    ];
    let passwords: Vec<_> = config
        .trunks
        .iter()
        .filter_map(|trunk| {
            let account = trunk.account.as_ref()?;
            let name = format!("password of trunk {:?}", trunk.name);
            let password = Some(account.password.0.clone());
            Some((name, password, Some(account.user.clone())))
        })
        .collect();
    let of_trunks = passwords
        .iter()
        .map(|(name, password, user)| (name.clone(), password, user.clone()));
    secrets.extend(of_trunks);
    secrets
        .into_iter()
        .filter_map(|(name, secret, user)| {
            let why = weakness(secret.as_deref()?, user.as_deref())?;
            Some(format!(
                "{name}: weak secret, {why}: expected {CHARS_MIN} or more random characters"
            ))
        })
        .collect()
}

/// Returns the reason for which a secret can be guessed.
fn weakness(secret: &str, user: Option<&str>) -> Option<&'static str> {
    let lower = secret.to_lowercase();
    let different: BTreeSet<char> = secret.chars().collect();
    let rest = COMMON
        .iter()
        .fold(lower.clone(), |rest, word| rest.replace(word, ""));
    if secret.chars().count() < CHARS_MIN {
        Some("too short")
    } else if different.len() < DIFFERENT_MIN {
        Some("too few different characters")
    } else if user.is_some_and(|user| !user.is_empty() && lower.contains(&user.to_lowercase())) {
        Some("contains the user")
    } else if rest.chars().count() < CHARS_MIN / 2 {
        Some("a common password")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::weakness;

    #[test]
    fn guessable_secrets_are_weak_and_random_ones_are_not() {
        for (secret, user, reason) in [
            ("a", None, Some("too short")),
            ("", None, Some("too short")),
            ("Pa55w0rd!", None, Some("too short")),
            (
                "aaaaaaaaaaaaaaaa",
                None,
                Some("too few different characters"),
            ),
            ("anna-2026-anna", Some("anna"), Some("contains the user")),
            ("Password123456", None, Some("a common password")),
            ("changeme-secret", None, Some("a common password")),
            ("v7Kq-2mZx-91tB", Some("anna"), None),
            ("PT8f14e45fceea167a5a36dedd4bea2543", None, None),
            ("correct horse battery", Some(""), None),
        ] {
            assert_eq!(weakness(secret, user), reason, "{secret}");
        }
    }
}
