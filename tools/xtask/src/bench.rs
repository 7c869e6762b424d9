//! `cargo xtask bench`: not yet.
use anyhow::Result;

/// Runs the load generator against confab and against the floor.
pub(crate) fn run(_options: &[&str]) -> Result<bool> {
    Ok(true)
}
