//! Forbidden URLs in each parameter that accepts a URL, with the release binary in a network
//! namespace in which all addresses accept connections. A connection would succeed, and is counted.

pub mod canary;
mod case;
mod names;
mod run;
mod told;
mod visit;

pub use case::{Case, WAYS, Way, cases};
pub use names::ADDRESS as NAME_SERVER;
pub use run::{Figures, run};
