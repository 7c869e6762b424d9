//! Tests of offers and answers.

#![allow(clippy::unwrap_used)]

mod hosts;
mod numbers;
mod offer_answer;
mod phones;
mod secrecy;
mod wide;
