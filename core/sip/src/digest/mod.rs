//! Digest authentication (RFC 7616, RFC 8760): hashes (`sums`), server side (`gate`) and client
//! side (`account`). The only state is that of nonces and failed logins.

mod account;
mod fields;
mod gate;
mod sums;

pub use account::{Account, Secret};
pub(crate) use account::{Answered, Challenge};
pub(crate) use gate::{Asked, Gate, Verdict};
