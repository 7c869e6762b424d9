//! Runs phones behind a NAT for a number of minutes, 10 by default, with a session timer of 90 s.
//!
//! `cargo run --release -p confab-conformance --example nat -- [MINUTES]`

use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::Result;
use confab_conformance::namespace;
use confab_conformance::natted::{Times, run};

/// Argument from the outer process to the inner one.
const INSIDE: &str = "--inside";

fn main() -> Result<ExitCode> {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.first().is_none_or(|first| first != INSIDE) {
        arguments.insert(0, INSIDE.to_owned());
        let status = namespace::run_inside(&std::env::current_exe()?, &arguments)?;
        return Ok(match status.success() {
            true => ExitCode::SUCCESS,
            false => ExitCode::FAILURE,
        });
    }
    let minutes = arguments.get(1).map_or(Ok(10), |text| text.parse())?;
    let begun = Instant::now();
    run(Times {
        idle: Duration::from_secs(35),
        call: Duration::from_secs(60 * minutes),
    })?;
    println!(
        "a call of {minutes} minutes behind NAT was heard and ended; all took {} s",
        begun.elapsed().as_secs()
    );
    Ok(ExitCode::SUCCESS)
}
