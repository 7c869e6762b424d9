//! Tests of the user agent by its interface: datagrams, streams, connection orders and events.

#![allow(clippy::unwrap_used)]

mod access;
mod calls;
mod challenged;
mod connections;
mod digest;
mod digits;
mod early;
mod failover;
mod hang_up;
mod headers;
mod identity;
mod last_word;
mod lasting;
mod late;
mod limits;
mod line;
mod lookups;
mod multipart;
mod names;
mod nat;
mod network;
mod prack;
mod races;
mod registrar;
mod repeated_invite;
mod replaces;
mod restored;
mod routes;
mod shares;
mod storm;
mod stream;
mod timing;
mod tls;
mod torture;
mod trunk;
mod unacknowledged;
mod unverified;
mod wire;
