//! Thousands of URLs that must never be connected to, in every parameter that takes one, against
//! the released server in a network of its own where every address answers: whatever is tried
//! would succeed, and is counted.

pub mod canary;
mod case;
mod names;
mod run;
mod told;
mod visit;

pub use case::{Case, WAYS, Way, cases};
pub use names::ADDRESS as NAME_SERVER;
pub use run::{Figures, run};
