//! Delivery of events to applications. The crate decides the order and time of attempts, the pauses
//! of receivers, and the end of each event: delivered, final error or expired. Clock, sockets and
//! disk are elsewhere: the caller sends events and reports the outcome of each attempt.

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
