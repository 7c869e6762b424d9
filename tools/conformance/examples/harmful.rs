//! Runs a hostile web server: 500 fetches and 100 endless sounds at once beside two speaking
//! participants, then 1,000 calls with a document that redirects to itself. CI runs a part as a
//! test.
//!
//! `cargo run --release -p confab-conformance --example harmful -- [FETCHES] [ENDLESS] [CALLS]`

use anyhow::Result;
use confab_conformance::harmed::{Size, run};

fn main() -> Result<()> {
    let number = |n: usize, default: usize| {
        let given = std::env::args().nth(n).and_then(|text| text.parse().ok());
        given.unwrap_or(default)
    };
    let size = Size {
        fetches: number(1, 500),
        endless: number(2, 100),
        redirecting: number(3, 1_000),
    };
    let outcome = run(&size)?;
    println!("two who talk heard each other in every frame meanwhile");
    println!(
        "memory at its most: {} kB more for {} fetches, {} kB more with {} endless sounds",
        outcome.grown_kb, size.fetches, outcome.grown_with_sounds_kb, size.endless
    );
    println!(
        "{} of {} redirecting calls were ended in {:?}, {:?} of processor time and {} kB at most",
        outcome.given_up, size.redirecting, outcome.took, outcome.worked, outcome.grown_by_calls_kb
    );
    outcome.judge(&size)
}
