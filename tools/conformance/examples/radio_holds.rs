//! Puts many participants on hold with an endless audio stream, releases them, and compares the
//! server's resources with those before.
//!
//! `cargo build --release`, then
//! `cargo run --release -p confab-conformance --example radio_holds -- 100`

use std::time::Duration;

use anyhow::Result;
use confab_conformance::radio_holds;

fn main() -> Result<()> {
    let holds = std::env::args().nth(1);
    let holds = holds.map_or(Ok(100), |holds| holds.parse())?;
    let report = radio_holds::run(holds, Duration::from_secs(30))?;
    println!("{report}");
    report.check(holds)
}
