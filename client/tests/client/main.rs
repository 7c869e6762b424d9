//! Tests of the client with servers on the loopback.

#![allow(clippy::unwrap_used)]

mod common;
mod tls;
mod wire;
