//! Uses a server for a number of minutes, and checks that nothing is missing or left afterwards.
//!
//! `cargo xtask soak --minutes 20`, or `cargo build --release`, then
//! `cargo run --release -p confab-conformance --example soak -- 20`

use std::time::Duration;

use anyhow::{Context as _, Result};
use confab_conformance::soak;

fn main() -> Result<()> {
    let minutes = std::env::args().nth(1).unwrap_or_else(|| "20".to_owned());
    let minutes: u64 = minutes
        .parse()
        .with_context(|| format!("{minutes:?}: expected a number of minutes"))?;
    let report = soak::run(Duration::from_secs(60 * minutes), 1)?;
    println!("{report}");
    report.check()
}
