//! Runs what CI runs.
fn main() {}
