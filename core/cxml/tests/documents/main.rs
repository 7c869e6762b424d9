//! Tests of valid and invalid documents.

#![allow(clippy::unwrap_used)]

mod anything;
mod bombs;
mod cursor;
mod documents;
