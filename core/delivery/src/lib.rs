//! Callbacks on their way to applications. It decides what is sent when, what is tried again,
//! given up or dropped; whoever drives it sends, and tells what came of each attempt. What is about
//! one thing is told in order, and whoever is slow to take it delays nothing else.

mod bounds;
mod deliveries;
mod outcome;
mod push;

pub use bounds::Bounds;
pub use deliveries::{Attempt, Deliveries};
pub use outcome::{After, Outcome};
pub use push::Full;
