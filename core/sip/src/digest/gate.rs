//! Who may call us: nonces of ours, and what is checked of credentials.

use core::fmt;
use std::collections::BTreeMap;

use confab_terms::{Instant, limits};
use hmac::{Hmac, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use super::fields::Fields;
use super::sums::{Algorithm, Parts, hex, response, same};

/// A password. Never shown.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Secret(pub String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

/// Whom we let in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Realm {
    /// What the challenge says; no quote or backslash in it.
    pub name: String,
    /// Passwords by user.
    pub users: BTreeMap<String, Secret>,
}

/// The realm, and which of its nonces have been used how often.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Gate {
    realm: Realm,
    key: [u8; 32],
    /// The last `nc` of each nonce that somebody got in with; oldest first, as nonces begin
    /// with their time.
    counts: BTreeMap<String, u32>,
}

/// What comes of credentials.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    LetIn,
    /// To be challenged. `stale`: the nonce alone was at fault.
    Challenged {
        stale: bool,
    },
}

const NO: Verdict = Verdict::Challenged { stale: false };

impl Gate {
    pub(crate) fn new(realm: Realm, key: [u8; 32]) -> Self {
        Self {
            realm,
            key,
            counts: BTreeMap::new(),
        }
    }

    /// The values of `WWW-Authenticate`, the one that we prefer first (RFC 8760 §2.4).
    pub(crate) fn challenges(&self, now: Instant, stale: bool) -> [String; 2] {
        let nonce = self.nonce(now.0 / 1_000_000_000);
        let stale = if stale { ", stale=true" } else { "" };
        [Algorithm::Sha256, Algorithm::Md5].map(|algorithm| {
            format!(
                "Digest realm=\"{}\", nonce=\"{nonce}\", algorithm={}, qop=\"auth\"{stale}",
                self.realm.name,
                algorithm.name()
            )
        })
    }

    /// Looks at an `Authorization` (RFC 7616 §3.4). The same for an unknown user and for a
    /// wrong password, and as much work.
    pub(crate) fn look(&mut self, now: Instant, method: &str, uri: &str, text: &str) -> Verdict {
        let Some(fields) = Fields::parse(text) else {
            return NO;
        };
        let field = |name| fields.get(name).unwrap_or_default();
        let algorithm = Algorithm::parse(fields.get("algorithm").unwrap_or("MD5"));
        let (Some(algorithm), "auth") = (algorithm, field("qop")) else {
            return NO;
        };
        let (nc, cnonce, nonce) = (field("nc"), field("cnonce"), field("nonce"));
        let count = (nc.len() == 8).then(|| u32::from_str_radix(nc, 16).ok());
        let (Some(count), false) = (count.flatten(), cnonce.is_empty()) else {
            return NO;
        };
        let known = self.realm.users.get(field("username"));
        let parts = Parts {
            user: field("username"),
            realm: &self.realm.name,
            password: known.map_or("", |secret| &secret.0),
            method,
            uri: field("uri"),
            nonce,
            counted: Some((nc, cnonce)),
        };
        let right = same(&response(algorithm, &parts), field("response"));
        let meant = field("realm") == self.realm.name && field("uri") == uri;
        if !(right && meant && known.is_some()) {
            return NO;
        }
        if !self.is_fresh(now, nonce) || !self.count(now, nonce, count) {
            return Verdict::Challenged { stale: true };
        }
        Verdict::LetIn
    }

    /// Seconds, and a sum that only we can make.
    fn nonce(&self, seconds: u64) -> String {
        let time = format!("{seconds:012x}");
        let sum = Hmac::<Sha256>::new_from_slice(&self.key).map(|mut sum| {
            sum.update(time.as_bytes());
            sum.update(self.realm.name.as_bytes());
            hex(&sum.finalize().into_bytes()[..16])
        });
        time + &sum.unwrap_or_default()
    }

    fn is_fresh(&self, now: Instant, nonce: &str) -> bool {
        let time = nonce
            .get(..12)
            .and_then(|t| u64::from_str_radix(t, 16).ok());
        let Some(made) = time.filter(|made| same(&self.nonce(*made), nonce)) else {
            return false;
        };
        let seconds = now.0 / 1_000_000_000;
        (made..made.saturating_add(limits::SIP_NONCE_LIFE_S)).contains(&seconds)
    }

    /// Each number of a nonce counts once, and upwards.
    fn count(&mut self, now: Instant, nonce: &str, count: u32) -> bool {
        while let Some((oldest, _)) = self.counts.first_key_value() {
            let oldest = oldest.clone();
            if self.is_fresh(now, &oldest) {
                break;
            }
            self.counts.remove(&oldest);
        }
        let full = self.counts.len() >= limits::SIP_NONCES_MAX;
        match self.counts.get_mut(nonce) {
            Some(last) if count > *last => {
                *last = count;
                true
            }
            None if count > 0 && !full => {
                self.counts.insert(nonce.to_owned(), count);
                true
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests;
