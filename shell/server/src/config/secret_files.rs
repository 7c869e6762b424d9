//! Secrets in files: `auth_token_file` in place of `auth_token`, and so on. A flag stands in the
//! process list, and the environment in that of the children; a file has permissions.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;

use super::{BadValue, Given};

/// Settings that hold a secret, and those that name a file with it.
const SECRETS: [(&str, &str); 3] = [
    ("auth_token", "auth_token_file"),
    ("signing_key", "signing_key_file"),
    ("trunk_password", "trunk_password_file"),
];
/// Bytes of a file with a secret.
const BYTES_MAX: u64 = 4_096;
/// Said of a file beside the secret itself.
pub(super) const BESIDE: &str = "stands beside the secret itself: expected one of the two";

/// Puts the contents of files in place of their names. Of a secret and a file in different layers
/// the upper one counts.
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

/// Reads a secret: the text of the file without the end of its line.
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
