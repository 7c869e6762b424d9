//! Digest authentication (RFC 7616, RFC 8760) without state but that of the nonces: the sums,
//! who may call us (`gate`), and what we answer to a challenge (`account`).

mod account;
mod fields;
mod gate;
mod sums;

pub use account::{Account, Secret};
pub(crate) use account::{Answered, Challenge};
pub(crate) use gate::{Asked, Gate, Verdict};
