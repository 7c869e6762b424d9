//! Secrets in files: `auth_token_file` in place of `auth_token`, and so on. Flags are visible in
//! the process list and variables in the environment of child processes; a file has permissions.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;

use super::{BadValue, Given};

/// Settings with a secret, and the settings that name a file with the secret.
const SECRETS: [(&str, &str); 3] = [
    ("auth_token", "auth_token_file"),
    ("signing_key", "signing_key_file"),
    ("trunk_password", "trunk_password_file"),
];
/// Maximum size of a file with a secret, in bytes.
const BYTES_MAX: u64 = 4_096;
/// Error of a file setting beside the secret itself.
pub(super) const BESIDE: &str = "stands beside the secret itself: expected one of the two";

/// Replaces names of files by their contents. If a secret and its file are in different layers, the
/// upper layer counts.
pub(super) fn resolve(given: &mut BTreeMap<&'static str, Given>) -> Result<(), BadValue> {
    for (secret, file) in SECRETS {
        let Some(named) = given.remove(file) else {
            continue;
        };
        if let Some(beside) = given.get(secret) {
            if beside.origin.is_above(&named.origin) {
                continue;
            }
            if !named.origin.is_above(&beside.origin) {
                return Err(named.bad(BESIDE));
            }
        }
        let value = read(&named.value).map_err(|wanted| named.bad(wanted))?;
        let origin = named.origin;
        given.insert(secret, Given { origin, value });
    }
    Ok(())
}

/// Reads a secret: the text of the file without surrounding blanks and line breaks.
pub(super) fn read(path: &str) -> Result<String, String> {
    let mut text = Vec::new();
    let opened = File::open(path);
    let read = opened.and_then(|file| file.take(BYTES_MAX + 1).read_to_end(&mut text));
    read.map_err(|error| format!("cannot be read: {error}"))?;
    if text.len() as u64 > BYTES_MAX {
        return Err(format!(
            "has more than {BYTES_MAX} bytes: expected a secret"
        ));
    }
    let text = String::from_utf8(text).map_err(|_| "is not UTF-8: expected a secret".to_owned())?;
    let secret = text.trim();
    match secret.is_empty() {
        true => Err("is empty: expected a secret".to_owned()),
        false => Ok(secret.to_owned()),
    }
}
