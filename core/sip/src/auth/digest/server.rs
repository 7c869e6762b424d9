//! Server side of digest authentication: nonces, challenges and the check of credentials.

use std::collections::BTreeMap;

use confab_terms::{ClientNetwork, FreeFailures, Instant, IpAddr, LoginBackOff, limits};
use hmac::{Hmac, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use super::Account;
use super::fields::DigestFields;
use super::hash::{Algorithm, DigestInput, hex, response, same};

/// Realm of challenges; short, because a challenge must not be larger than the request.
const REALM: &str = "confab";

/// A nonce begins with its time in seconds and a salt, both hexadecimal. Numbers of digits:
const SECONDS_CHARS: usize = 8;
const SALT_CHARS: usize = 4;

/// State of the server side: key, used nonces and failed logins.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct DigestServer {
    key: [u8; 32],
    /// Used nonces by user name.
    nonces: BTreeMap<String, Nonces>,
    logins: LoginBackOff,
}

/// Nonces that one user has used.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Nonces {
    /// Highest `nc` by nonce; oldest first, because nonces begin with their time.
    counts: BTreeMap<String, u32>,
    /// Last evicted nonce; nonces up to this value are rejected.
    evicted: String,
}

/// Failures before the back-off begins: none for one login, 4 for one network, 20 for one user.
const FREE: FreeFailures = FreeFailures {
    of_login: 0,
    of_network: 4,
    of_user: 20,
};

/// Values of `WWW-Authenticate`, all with the same nonce.
pub(crate) struct Challenges {
    /// SHA-256, the preferred algorithm (RFC 8760 §2.4).
    pub(crate) sha256: String,
    pub(crate) md5: String,
    /// MD5 without the algorithm parameter and without blanks.
    pub(crate) short: String,
}

/// Request that credentials are checked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AuthRequest<'a> {
    pub(crate) from: IpAddr,
    pub(crate) method: &'a str,
    pub(crate) uri: &'a str,
}

/// Result of the check of credentials.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Credentials of this user are valid.
    Authenticated(String),
    /// Credentials are missing or not acceptable: challenge. `stale`: only the nonce is not
    /// acceptable.
    Challenged { stale: bool },
    /// User or password is wrong: challenge, and count the failure.
    Failed,
}

const NO: Verdict = Verdict::Challenged { stale: false };
const STALE: Verdict = Verdict::Challenged { stale: true };

impl DigestServer {
    pub(crate) fn new(key: [u8; 32]) -> Self {
        Self {
            key,
            nonces: BTreeMap::new(),
            logins: LoginBackOff::new(FREE),
        }
    }

    /// Returns the number of failed logins.
    pub(crate) fn failures(&self) -> u64 {
        self.logins.failures()
    }

    /// Returns challenges with a nonce of the current second. `salt` is hexadecimal and differs for
    /// each request: two phones behind one address get different nonces in the same second.
    pub(crate) fn challenges(
        &self,
        now: Instant,
        (from, salt): (IpAddr, &str),
        stale: bool,
    ) -> Challenges {
        let salt = salt.get(..SALT_CHARS).unwrap_or_default();
        let nonce = self.nonce(&format!("{:08x}{salt}", seconds(now)), from);
        let stale = if stale { ", stale=true" } else { "" };
        let of = |algorithm: Algorithm| {
            format!(
                "Digest realm=\"{REALM}\", nonce=\"{nonce}\", algorithm={}, qop=\"auth\"{stale}",
                algorithm.name()
            )
        };
        let short = format!("Digest realm=\"{REALM}\", nonce=\"{nonce}\", qop=\"auth\"{stale}");
        Challenges {
            sha256: of(Algorithm::Sha256),
            md5: of(Algorithm::Md5),
            short: short.replace(", ", ","),
        }
    }

    /// Checks the values of `Authorization` (RFC 7616 §3.4). Result and cost are the same for an
    /// unknown user and for a wrong password. Without a valid nonce, no digest is computed.
    pub(crate) fn look<'a>(
        &mut self,
        now: Instant,
        asked: AuthRequest<'_>,
        texts: &[String],
        mut accounts: impl Iterator<Item = &'a Account>,
    ) -> Verdict {
        let fields = texts.iter().filter_map(|text| DigestFields::parse(text));
        let mut ours = fields.filter(|fields| fields.get("realm") == Some(REALM));
        let Some(fields) = ours.next() else {
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
        if field("uri") != asked.uri {
            return NO;
        }
        if !self.is_fresh(now, asked.from, nonce) || !self.is_next(field("username"), nonce, count)
        {
            return STALE;
        }
        let known = accounts.find(|account| account.user == field("username"));
        let user = known.map(|account| account.user.as_str());
        let from = ClientNetwork::of(asked.from);
        let parts = DigestInput {
            user: field("username"),
            realm: REALM,
            password: known.map_or("", |account| &account.password.0),
            method: asked.method,
            uri: asked.uri,
            nonce,
            counted: Some((nc, cnonce)),
        };
        // Computed before the back-off check, so that the response time does not reveal the
        // back-off.
        let right = same(&response(algorithm, &parts), field("response"));
        if !self.logins.wait(now, from, user).is_zero() {
            return NO;
        }
        match user.filter(|_| right) {
            Some(user) => {
                self.logins.succeeded(now, from, user);
                self.count(now, user, (nonce, count));
                Verdict::Authenticated(user.to_owned())
            }
            None => {
                self.logins.failed(now, from, user);
                Verdict::Failed
            }
        }
    }

    /// Returns a nonce: time, salt, and a keyed hash of both and of the source address.
    fn nonce(&self, said: &str, from: IpAddr) -> String {
        let sum = Hmac::<Sha256>::new_from_slice(&self.key).map(|mut sum| {
            sum.update(said.as_bytes());
            match from.to_canonical() {
                IpAddr::V4(from) => sum.update(&from.octets()),
                IpAddr::V6(from) => sum.update(&from.octets()),
            }
            hex(&sum.finalize().into_bytes()[..8])
        });
        said.to_owned() + &sum.unwrap_or_default()
    }

    fn is_fresh(&self, now: Instant, from: IpAddr, nonce: &str) -> bool {
        let said = nonce.get(..SECONDS_CHARS + SALT_CHARS);
        said.is_some_and(|said| {
            same(&self.nonce(said, from), nonce)
                && made(nonce).is_some_and(|made| is_young(now, made))
        })
    }

    /// Returns true if the nonce was not used with this or a higher count. Only the logins of a
    /// user evict nonces of that user.
    fn is_next(&self, user: &str, nonce: &str, count: u32) -> bool {
        self.nonces.get(user).is_none_or(|nonces| {
            nonce > nonces.evicted.as_str()
                && count > nonces.counts.get(nonce).copied().unwrap_or(0)
        })
    }

    /// Stores the count of a nonce. The user's oldest nonce is evicted at the limit.
    fn count(&mut self, now: Instant, user: &str, (nonce, count): (&str, u32)) {
        let nonces = self.nonces.entry(user.to_owned()).or_default();
        while let Some((oldest, _)) = nonces.counts.first_key_value() {
            if made(oldest).is_some_and(|made| is_young(now, made)) {
                break;
            }
            nonces.counts.pop_first();
        }
        let is_new = !nonces.counts.contains_key(nonce);
        if is_new
            && nonces.counts.len() >= limits::SIP_NONCES_OF_USER_MAX
            && let Some((oldest, _)) = nonces.counts.pop_first()
        {
            nonces.evicted = oldest;
        }
        nonces.counts.insert(nonce.to_owned(), count);
    }
}

fn seconds(now: Instant) -> u32 {
    // Enough for 136 years of uptime.
    u32::try_from(now.0 / 1_000_000_000).unwrap_or(u32::MAX)
}

/// Returns the creation time in a nonce, in seconds.
fn made(nonce: &str) -> Option<u32> {
    u32::from_str_radix(nonce.get(..SECONDS_CHARS)?, 16).ok()
}

fn is_young(now: Instant, made: u32) -> bool {
    (made..made.saturating_add(limits::SIP_NONCE_LIFE_S)).contains(&seconds(now))
}

#[cfg(test)]
mod tests;
