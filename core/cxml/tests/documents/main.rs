//! Tests of valid and invalid documents.

#![allow(clippy::unwrap_used)]

mod anything;
mod bombs;
mod check;
mod cursor;
mod malformed;
mod verbs;
mod warnings;
