//! Who may call us: nonces of ours, and what is checked of credentials.

use std::collections::BTreeMap;

use confab_terms::{ClientNetwork, FreeFailures, Instant, IpAddr, LoginBackOff, limits};
use hmac::{Hmac, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use super::Account;
use super::fields::Fields;
use super::sums::{Algorithm, Parts, hex, response, same};

/// What our challenges say. Short, as they may not be larger than what they answer.
const REALM: &str = "confab";

/// A nonce begins with its time in hexadecimal, and so many digits of salt.
const SECONDS_CHARS: usize = 8;
const SALT_CHARS: usize = 4;

/// Which of our nonces have been used how often, and who was wrong how often.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Gate {
    key: [u8; 32],
    /// By user.
    nonces: BTreeMap<String, Nonces>,
    pub(crate) logins: LoginBackOff,
}

/// Nonces that one user logged in with.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Nonces {
    /// The last `nc` of each; oldest first, as nonces begin with their time.
    counts: BTreeMap<String, u32>,
    /// The last one that was evicted: up to here the counts are not known any more.
    evicted: String,
}

/// The first failure of a login costs a second; ten attempts of a network pass in a minute.
const FREE: FreeFailures = FreeFailures {
    of_login: 0,
    of_network: 4,
    of_user: 20,
};

/// Values of `WWW-Authenticate`, all of one nonce.
pub(crate) struct Challenges {
    /// The one that we prefer (RFC 8760 §2.4).
    pub(crate) sha256: String,
    pub(crate) md5: String,
    /// MD5, as it is where no algorithm is named, without a blank.
    pub(crate) short: String,
}

/// What is asked for with credentials.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked<'a> {
    pub(crate) from: IpAddr,
    pub(crate) method: &'a str,
    pub(crate) uri: &'a str,
}

/// What comes of credentials.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// As this user.
    LetIn(String),
    /// To be challenged. `stale`: the nonce alone was at fault.
    Challenged { stale: bool },
    /// The same: user or password were wrong.
    Failed,
}

const NO: Verdict = Verdict::Challenged { stale: false };
const STALE: Verdict = Verdict::Challenged { stale: true };

impl Gate {
    pub(crate) fn new(key: [u8; 32]) -> Self {
        Self {
            key,
            nonces: BTreeMap::new(),
            logins: LoginBackOff::new(FREE),
        }
    }

    /// Challenges that are good from now on.
    /// `salt` is hexadecimal and another for each request: two phones behind one address that
    /// are challenged in the same second each get a nonce of their own.
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

    /// Looks at the values of `Authorization` (RFC 7616 §3.4). The same for an unknown user and
    /// for a wrong password, and as much work; what holds no nonce of ours costs no sum at all.
    pub(crate) fn look<'a>(
        &mut self,
        now: Instant,
        asked: Asked<'_>,
        texts: &[String],
        mut accounts: impl Iterator<Item = &'a Account>,
    ) -> Verdict {
        let fields = texts.iter().filter_map(|text| Fields::parse(text));
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
        let parts = Parts {
            user: field("username"),
            realm: REALM,
            password: known.map_or("", |account| &account.password.0),
            method: asked.method,
            uri: asked.uri,
            nonce,
            counted: Some((nc, cnonce)),
        };
        // Also where nobody looks at it: who waits is told as soon as who does not.
        let right = same(&response(algorithm, &parts), field("response"));
        if !self.logins.wait(now, from, user).is_zero() {
            return NO;
        }
        match user.filter(|_| right) {
            Some(user) => {
                self.logins.succeeded(now, from, user);
                self.count(now, user, (nonce, count));
                Verdict::LetIn(user.to_owned())
            }
            None => {
                self.logins.failed(now, from, user);
                Verdict::Failed
            }
        }
    }

    /// Seconds and salt, and a sum that only we can make and that is good for one source only.
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

    /// Returns whether a nonce was not used with this or a higher number. Each user's nonces count
    /// for themselves: only the user's own logins evict them.
    fn is_next(&self, user: &str, nonce: &str, count: u32) -> bool {
        self.nonces.get(user).is_none_or(|nonces| {
            nonce > nonces.evicted.as_str()
                && count > nonces.counts.get(nonce).copied().unwrap_or(0)
        })
    }

    /// Stores the number of a nonce. The user's oldest nonce makes room.
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
    // For 136 years of one process.
    u32::try_from(now.0 / 1_000_000_000).unwrap_or(u32::MAX)
}

/// When a nonce says that it was made.
fn made(nonce: &str) -> Option<u32> {
    u32::from_str_radix(nonce.get(..SECONDS_CHARS)?, 16).ok()
}

fn is_young(now: Instant, made: u32) -> bool {
    (made..made.saturating_add(limits::SIP_NONCE_LIFE_S)).contains(&seconds(now))
}

#[cfg(test)]
mod tests;
