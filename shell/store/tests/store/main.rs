//! The history in real SQLite.

#![allow(clippy::unwrap_used)]

mod notices;
mod outages;
mod recordings;
mod store;
