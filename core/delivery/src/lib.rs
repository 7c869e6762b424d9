//! Events on their way to applications. This crate decides which event is sent when, when a
//! receiver rests, and when an event is delivered, final or expired. It has no clock, socket or
//! disk: the program that drives it sends, and reports the outcome of each attempt.

mod attempts;
mod back_off;
mod bounds;
mod deliveries;
mod expiry;
mod outcome;
mod push;

pub use attempts::{Attempt, Step};
pub use bounds::Bounds;
pub use deliveries::Deliveries;
pub use outcome::{After, Outcome};
pub use push::{Full, Item};
