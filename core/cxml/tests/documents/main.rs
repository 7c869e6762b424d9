//! Documents, sound and unsound.

#![allow(clippy::unwrap_used)]

mod anything;
mod bombs;
mod cursor;
mod documents;
