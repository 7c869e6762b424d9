//! Basic authentication: account sid and token, or an API key and its secret. The time of a
//! comparison does not depend on the credentials.

use axum::http::{HeaderMap, header};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use confab_store::{Account, Store, TokenHash};
use confab_terms::{AccountSid, ClientNetwork, KeySid};
use subtle::ConstantTimeEq;

use crate::Metrics;
use crate::dialect::{account_sid, key_sid};
use crate::errors::ApiError;
use crate::logins::Logins;

/// Checks that the request has the credentials of the account or of one of its API keys. After
/// failures, credentials are not checked for a time.
pub(crate) fn authenticate(
    headers: &HeaderMap,
    store: &dyn Store,
    (logins, from): (&Logins, ClientNetwork),
    metrics: &Metrics,
) -> Result<(), ApiError> {
    let (user, secret) = credentials(headers).ok_or(ApiError::NotAuthenticated)?;
    let (sent, both) = (
        TokenHash::of(&secret),
        TokenHash::of(&format!("{user}:{secret}")),
    );
    let login = user_of(store, &user)?;
    if let Some(seconds) = logins.wait(from, login.as_deref(), both) {
        return Err(ApiError::TooManyLogins(seconds));
    }
    let is_known = match key_sid(&user) {
        Some(key) => is_key(store, key, sent)?,
        None => is_account(store.account(), &user, sent),
    };
    match login.filter(|_| is_known) {
        Some(login) => {
            logins.succeeded(from, &login, both);
            Ok(())
        }
        None => {
            logins.failed(from, user_of(store, &user)?.as_deref(), both);
            metrics.login_failed();
            tracing::warn!(%from, "API login failed");
            Err(ApiError::NotAuthenticated)
        }
    }
}

/// Returns the user by which failures are counted: the account, or one of its API keys.
fn user_of(store: &dyn Store, user: &str) -> Result<Option<String>, ApiError> {
    let known = match key_sid(user) {
        Some(key) => store.key_secret(key)?.map(|_| key.0.to_string()),
        None => {
            let account = store.account().sid;
            let is_it = account_sid(user) == Some(account);
            is_it.then(|| account.0.to_string())
        }
    };
    Ok(known)
}

fn is_account(account: &Account, user: &str, sent: TokenHash) -> bool {
    // Compared even for a wrong user: the time of the comparison must not depend on the user.
    let user = account_sid(user).unwrap_or(AccountSid::from_random(0));
    let is_user = user.0.as_bytes().ct_eq(account.sid.0.as_bytes());
    let is_token = sent.0.ct_eq(&account.token_hash.0);
    bool::from(is_user & is_token)
}

fn is_key(store: &dyn Store, key: KeySid, sent: TokenHash) -> Result<bool, ApiError> {
    let secret = store.key_secret(key)?;
    let stored = TokenHash::of(secret.as_ref().map_or("", |secret| secret.0.as_str()));
    Ok(bool::from(sent.0.ct_eq(&stored.0)) & secret.is_some())
}

fn credentials(headers: &HeaderMap) -> Option<(String, String)> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, encoded) = value.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (user, token) = decoded.split_once(':')?;
    Some((user.to_owned(), token.to_owned()))
}
