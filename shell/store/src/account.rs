//! The account: who may ask, and what signs webhooks. The token itself is kept only where it is
//! what signs.

use core::fmt;

use confab_terms::{AccountSid, WallTime};
use sha2::{Digest, Sha256};

/// SHA-256 of a token: 128 random bits or more need no slower hash.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct TokenHash(pub [u8; 32]);

impl TokenHash {
    /// The hash of a token as it was sent.
    #[must_use]
    pub fn of(token: &str) -> Self {
        Self(Sha256::digest(token.as_bytes()).into())
    }
}

impl fmt::Debug for TokenHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenHash(…)")
    }
}

/// The account.
#[derive(Clone, PartialEq, Eq)]
pub struct Account {
    /// Its id, and the user of Basic authentication.
    pub sid: AccountSid,
    /// Its name.
    pub friendly_name: String,
    /// What the token hashes to.
    pub token_hash: TokenHash,
    /// Signs webhooks.
    pub signing_key: String,
    /// When it was made.
    pub date_created: WallTime,
    /// When its token, key or name last changed.
    pub date_updated: WallTime,
}

impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Account")
            .field("sid", &self.sid)
            .field("friendly_name", &self.friendly_name)
            .finish_non_exhaustive()
    }
}

/// What the configuration says of the account; what it leaves open is kept or made.
#[derive(Clone, Default)]
pub struct Given {
    /// `CONFAB_ACCOUNT_SID`.
    pub sid: Option<AccountSid>,
    /// `CONFAB_AUTH_TOKEN`.
    pub token: Option<String>,
    /// `CONFAB_SIGNING_KEY`.
    pub signing_key: Option<String>,
    /// The token signs webhooks, so it has to be kept; `signing_key` counts for nothing.
    pub token_signs: bool,
    /// A generated token is 32 hexadecimal digits: tools of one vendor refuse any other.
    pub hexadecimal_token: bool,
}

/// An account whose token was made just now: the only time that it can be shown.
#[derive(Clone, PartialEq, Eq)]
pub struct FreshAccount {
    /// Its id.
    pub sid: AccountSid,
    /// Its token.
    pub token: String,
    /// Its signing key.
    pub signing_key: String,
}

impl fmt::Debug for FreshAccount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FreshAccount")
            .field("sid", &self.sid)
            .finish_non_exhaustive()
    }
}
