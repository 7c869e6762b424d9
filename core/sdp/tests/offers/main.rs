//! Offers and answers.

#![allow(clippy::unwrap_used)]

mod offer_answer;
mod phones;
mod secrecy;
mod wide;
