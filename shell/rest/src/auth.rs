//! Basic authentication: account sid and token, or an API key and its secret. Comparisons take the
//! same time whatever was sent.

use axum::http::{HeaderMap, header};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use confab_store::{Account, Store, TokenHash};
use confab_terms::{AccountSid, KeySid};
use subtle::ConstantTimeEq;

use crate::dialect::{account_sid, key_sid};
use crate::errors::ApiError;

/// Checks that the request comes from the account or one of its API keys.
pub(crate) fn authenticate(headers: &HeaderMap, store: &dyn Store) -> Result<(), ApiError> {
    let (user, secret) = credentials(headers).ok_or(ApiError::NotAuthenticated)?;
    let sent = TokenHash::of(&secret);
    let is_known = match key_sid(&user) {
        Some(key) => is_key(store, key, sent)?,
        None => is_account(store.account(), &user, sent),
    };
    match is_known {
        true => Ok(()),
        false => Err(ApiError::NotAuthenticated),
    }
}

fn is_account(account: &Account, user: &str, sent: TokenHash) -> bool {
    // Compared even when the user is wrong: the time tells nothing.
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
