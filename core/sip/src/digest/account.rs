//! What we answer when somebody challenges us.

use serde::{Deserialize, Serialize};

use super::Secret;
use super::fields::Fields;
use super::sums::{Algorithm, Parts, response};

/// Who we are at somebody else's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// The realm that it is for; `None`: whoever asks.
    pub realm: Option<String>,
    /// The user.
    pub user: String,
    /// The password.
    pub password: Secret,
}

/// The credentials for the strongest of these challenges that an account is for.
pub(crate) fn answer(
    accounts: &[Account],
    challenges: &[String],
    (method, uri): (&str, &str),
    cnonce: &str,
) -> Option<String> {
    let mut best: Option<(Algorithm, Fields)> = None;
    for text in challenges {
        let Some(fields) = Fields::parse(text) else {
            continue;
        };
        let algorithm = Algorithm::parse(fields.get("algorithm").unwrap_or("MD5"));
        if let Some(algorithm) = algorithm
            && best.as_ref().is_none_or(|(known, _)| algorithm < *known)
        {
            best = Some((algorithm, fields));
        }
    }
    let (algorithm, fields) = best?;
    let (realm, nonce) = (fields.get("realm")?, fields.get("nonce")?);
    let unsafe_text = |text: &str| text.contains(['"', '\\', '\r', '\n']);
    if unsafe_text(realm) || unsafe_text(nonce) {
        return None;
    }
    let account = accounts
        .iter()
        .find(|account| account.realm.as_deref().is_none_or(|known| known == realm))?;
    let counts = fields.get("qop").is_some_and(|qop| {
        let mut qops = qop.split(',').map(str::trim);
        qops.any(|qop| qop.eq_ignore_ascii_case("auth"))
    });
    let parts = Parts {
        user: &account.user,
        realm,
        password: &account.password.0,
        method,
        uri,
        nonce,
        counted: counts.then_some(("00000001", cnonce)),
    };
    let mut text = format!(
        "Digest username=\"{}\", realm=\"{realm}\", nonce=\"{nonce}\", uri=\"{uri}\", \
         response=\"{}\", algorithm={}",
        account.user,
        response(algorithm, &parts),
        algorithm.name()
    );
    if counts {
        text += &format!(", qop=auth, nc=00000001, cnonce=\"{cnonce}\"");
    }
    if let Some(opaque) = fields.get("opaque").filter(|opaque| !unsafe_text(opaque)) {
        text += &format!(", opaque=\"{opaque}\"");
    }
    Some(text)
}
