//! HTTP client for URLs of third parties, and the outbox of callbacks. All requests to such URLs
//! use this crate. Each address is checked before the connection, each redirect again, within
//! limits of size and time. Content is interpreted elsewhere.

mod address;
mod allowed;
mod audio;
mod bare;
mod body;
mod cache;
mod callbacks;
mod charset;
mod client;
mod content;
mod document;
mod exchange;
mod failure;
mod held;
mod hop;
mod icy;
mod jar;
pub mod limits;
mod playlist;
mod port;
mod resolve;
mod retry_after;
mod sender;
mod signature;
mod sink;
mod tell;
mod web;

pub use address::is_public;
pub use callbacks::{Callback, Callbacks, Event, Journal, Kept, Loaded, Restored};
pub use client::tls_client;
pub use confab_delivery::Full;
pub use confab_terms::{Cidr, NotACidr};
pub use resolve::{Addresses, Resolve, SystemResolver};
pub use rustls::pki_types::CertificateDer;
pub use signature::{SigningKey, body_sha256};
pub use sink::{AudioSink, AudioWriter, Refused};
pub use web::{Web, WebConfig};
