//! Thousands of URLs that must never be connected to, in every parameter that takes one, against
//! the released server in a network of its own where every address answers: whatever is tried
//! would succeed, and is counted.

pub mod canary;
mod case;
mod names;
pub mod namespace;
mod run;
mod told;
mod visit;

pub use case::{Case, WAYS, Way, cases};
pub use run::{Figures, run};
