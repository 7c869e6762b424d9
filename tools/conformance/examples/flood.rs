//! Runs the complete flood: within a minute, 100,000 hostile datagrams to the SIP port and
//! 1,000,000 to the media ports of a room of ten. Prints the results; CI runs a tenth as a test.
//!
//! `cargo build --release && cargo run --release -p confab-conformance --example flood`

use anyhow::Result;
use confab_conformance::flood::{Size, run};

fn main() -> Result<()> {
    let number = |n: usize, default: usize| {
        let given = std::env::args().nth(n).and_then(|text| text.parse().ok());
        given.unwrap_or(default)
    };
    let size = Size {
        sip: number(1, 100_000),
        media: number(2, 1_000_000),
        seconds: number(3, 60) as u64,
    };
    let outcome = run(&size)?;
    for (n, listener) in outcome.listeners.iter().enumerate() {
        println!(
            "listener {n}: {} frames, {} missing, {} doubled; {} of 9 tones whole, {} jumps of \
             phase {:?}",
            listener.continuity.received,
            listener.continuity.missing,
            listener.continuity.doubled,
            listener.heard,
            listener.jumps,
            listener.partly,
        );
    }
    let (before, after) = outcome.resident_kb;
    println!("resident memory: {before} kB before, {after} kB after");
    println!(
        "log: {} lines, panic: {}",
        outcome.log_lines, outcome.panicked
    );
    println!("SIP datagrams that arrived: {}", outcome.sip_arrived);
    let (answers, slowest) = outcome.answers;
    println!("the API answered {answers} times, at the slowest in {slowest:?}");
    outcome.judge(&size)
}
