//! Basic authentication: account sid and token, compared in constant time.

use axum::http::{HeaderMap, header};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use confab_store::{Account, TokenHash};
use confab_terms::AccountSid;
use subtle::ConstantTimeEq;

use crate::dialect::account_sid;
use crate::errors::ApiError;

/// Whether the request comes from the account.
pub(crate) fn authenticate(headers: &HeaderMap, account: &Account) -> Result<(), ApiError> {
    let (user, token) = credentials(headers).ok_or(ApiError::NotAuthenticated)?;
    // Hashed and compared even when the user is wrong: the time tells nothing.
    let user = account_sid(&user).unwrap_or(AccountSid::from_random(0));
    let is_user = user.0.as_bytes().ct_eq(account.sid.0.as_bytes());
    let is_token = TokenHash::of(&token).0.ct_eq(&account.token_hash.0);
    if bool::from(is_user & is_token) {
        Ok(())
    } else {
        Err(ApiError::NotAuthenticated)
    }
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
