//! Tests of the history with real SQLite.

#![allow(clippy::unwrap_used)]

mod dir;
mod faults;
mod full_start;
mod keys;
mod lists;
mod notices;
mod outages;
mod outbox;
mod recordings;
mod retention;
mod rows;
mod store;
