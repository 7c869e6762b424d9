//! Authentication and authorization: digest credentials (RFC 7616), access rules of trunks and
//! users, and the identity of callers.

mod access;
mod credentials;
mod digest;
mod identity;
mod number;

pub(crate) use access::Peer;
pub use access::{Access, Gateway, Trunk};
pub(crate) use credentials::{CREDENTIALS, Credentials, credentials, is_entitled, trunk};
pub use digest::{Account, Secret};
pub(crate) use digest::{AuthRequest, Challenge, DigestServer, NonceCounts, Verdict};
pub use identity::IdentityRules;
pub(crate) use identity::Parties;
pub use number::CountryCode;
