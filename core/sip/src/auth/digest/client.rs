//! Client side of digest authentication: credentials in response to a challenge.

use core::fmt;

use confab_terms::limits;
use serde::{Deserialize, Serialize};

use super::fields::DigestFields;
use super::hash::{Algorithm, DigestInput, response};

/// Password, hidden in debug output.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Secret(pub String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

/// User name and password.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// User name, without quotes, backslashes and control characters.
    pub user: String,
    /// The password.
    pub password: Secret,
}

/// Nonces that an account has used last, with their nonce counts; the latest is at the end.
/// Several, because a proxy and the UAS behind the proxy may challenge in turn.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct NonceCounts(Vec<(String, u32)>);

impl NonceCounts {
    /// Returns the next nonce count of a nonce (RFC 7616 §3.4: `nc`).
    fn next(&mut self, nonce: &str) -> u32 {
        let known = self.0.iter().position(|(known, _)| known == nonce);
        let (nonce, count) = match known {
            Some(at) => self.0.remove(at),
            None => (nonce.to_owned(), 0),
        };
        let count = count.saturating_add(1);
        if self.0.len() >= limits::SIP_ANSWERED_NONCES_MAX {
            self.0.remove(0);
        }
        self.0.push((nonce, count));
        count
    }
}

/// Challenge with a supported algorithm.
pub(crate) struct Challenge {
    algorithm: Algorithm,
    fields: DigestFields,
}

impl Challenge {
    /// Returns the challenge with the strongest supported algorithm (RFC 8760 §2.4), and its text.
    pub(crate) fn strongest(challenges: &[String]) -> Option<(Self, String)> {
        let mut best: Option<(Self, String)> = None;
        for text in challenges {
            let Some(fields) = DigestFields::parse(text) else {
                continue;
            };
            let algorithm = Algorithm::parse(fields.get("algorithm").unwrap_or("MD5"));
            if let Some(algorithm) = algorithm
                && best
                    .as_ref()
                    .is_none_or(|(known, _)| algorithm < known.algorithm)
            {
                best = Some((Self { algorithm, fields }, text.clone()));
            }
        }
        best
    }

    pub(crate) fn is_stale(&self) -> bool {
        let stale = self.fields.get("stale");
        stale.is_some_and(|stale| stale.eq_ignore_ascii_case("true"))
    }

    /// Returns the credentials for the challenge; `None`: realm or nonce cannot be quoted or is
    /// missing.
    pub(crate) fn answer(
        &self,
        account: &Account,
        (method, uri): (&str, &str),
        cnonce: &str,
        answered: &mut NonceCounts,
    ) -> Option<String> {
        let fields = &self.fields;
        let (realm, nonce) = (fields.get("realm")?, fields.get("nonce")?);
        let unsafe_text = |text: &str| text.contains(['"', '\\', '\r', '\n']);
        if unsafe_text(realm) || unsafe_text(nonce) {
            return None;
        }
        let counts = fields.get("qop").is_some_and(|qop| {
            let mut qops = qop.split(',').map(str::trim);
            qops.any(|qop| qop.eq_ignore_ascii_case("auth"))
        });
        let nc = format!("{:08x}", answered.next(nonce));
        let parts = DigestInput {
            user: &account.user,
            realm,
            password: &account.password.0,
            method,
            uri,
            nonce,
            counted: counts.then_some((nc.as_str(), cnonce)),
        };
        let mut text = format!(
            "Digest username=\"{}\", realm=\"{realm}\", nonce=\"{nonce}\", uri=\"{uri}\", \
             response=\"{}\", algorithm={}",
            account.user,
            response(self.algorithm, &parts),
            self.algorithm.name()
        );
        if counts {
            text += &format!(", qop=auth, nc={nc}, cnonce=\"{cnonce}\"");
        }
        if let Some(opaque) = fields.get("opaque").filter(|opaque| !unsafe_text(opaque)) {
            text += &format!(", opaque=\"{opaque}\"");
        }
        Some(text)
    }
}
