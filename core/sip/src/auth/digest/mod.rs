//! Digest authentication (RFC 7616, RFC 8760): hashes, server side and client side. The only state
//! is that of nonces and failed logins.

mod client;
mod fields;
mod hash;
mod server;

pub use client::{Account, Secret};
pub(crate) use client::{Challenge, NonceCounts};
pub(crate) use server::{AuthRequest, DigestServer, Verdict};
