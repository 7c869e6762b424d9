//! Digest authentication (RFC 7616, RFC 8760) without state but that of the nonces: the sums,
//! who may call us (`gate`), and what we answer to a challenge (`account`).

mod account;
mod fields;
mod gate;
mod sums;

pub use account::Account;
pub(crate) use gate::{Gate, Verdict};
pub use gate::{Realm, Secret};

pub(crate) use account::answer;
