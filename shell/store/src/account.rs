//! The account: credentials of the API, and the key that signs webhooks. The token itself is stored
//! only where it is the signing key.

use core::fmt;

use confab_terms::{AccountSid, WallTime};
use sha2::{Digest, Sha256};

/// SHA-256 of a token. Tokens have 128 random bits or more, so no slower hash is needed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct TokenHash(pub [u8; 32]);

impl TokenHash {
    /// Hashes a token as received in a request.
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

/// Account of this server.
#[derive(Clone, PartialEq, Eq)]
pub struct Account {
    /// Account sid, and user name of Basic authentication.
    pub sid: AccountSid,
    /// Name of the account.
    pub friendly_name: String,
    /// Hash of the token.
    pub token_hash: TokenHash,
    /// Key that signs webhooks.
    pub signing_key: String,
    /// Time of creation.
    pub date_created: WallTime,
    /// Time of the last change of token, key or name.
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

/// Account settings of the configuration. Unset values are read from the database or generated.
#[derive(Clone, Default)]
pub struct Given {
    /// `CONFAB_ACCOUNT_SID`.
    pub sid: Option<AccountSid>,
    /// `CONFAB_AUTH_TOKEN`.
    pub token: Option<String>,
    /// `CONFAB_SIGNING_KEY`.
    pub signing_key: Option<String>,
    /// True if the token signs webhooks: the token is then stored, and `signing_key` is ignored.
    pub token_signs: bool,
    /// True if a generated token has 32 hexadecimal digits, the only form that some vendor tools
    /// accept.
    pub hexadecimal_token: bool,
}

/// Account with a token that was generated at this start. The token can be shown only now.
#[derive(Clone, PartialEq, Eq)]
pub struct FreshAccount {
    /// Account sid.
    pub sid: AccountSid,
    /// Generated token.
    pub token: String,
    /// Key that signs webhooks.
    pub signing_key: String,
}

impl fmt::Debug for FreshAccount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FreshAccount")
            .field("sid", &self.sid)
            .finish_non_exhaustive()
    }
}
