//! Runs an attack of `attacks` with twice the size that once caused harm: 1 idle connections, 4
//! logins, 5 requests within a call, 7 heads without an end, 8 TLS handshakes with a large key.
//! Calls of a trunk are set up at the same time.
//!
//! `cargo build --release && cargo run --release -p confab-conformance --example attack -- ROW`

use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, Result};
use confab_conformance::attacks::{Attack, SET_UP_MAX, addresses, run};
use confab_conformance::namespace;

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
    namespace::own(&addresses())?;
    let row = arguments.get(1).map_or("1", String::as_str);
    let attack =
        Attack::of_row(row).with_context(|| format!("row {row}: expected 1, 4, 5, 7 or 8"))?;
    let size = attack.full();
    let outcome = run(attack, size)?;
    println!("{attack:?} of size {}: {} made", size.count, outcome.made);
    show("calls of the trunk set up", &outcome.set_up);
    show("calls of a user set up", &outcome.user_set_up);
    show("calls to the trunk placed", &outcome.placed);
    let [before, most, after] = outcome.resident_kb;
    println!("resident memory: {before} kB before, {most} kB at the most, {after} kB after");
    for notice in &outcome.notices {
        println!("notification: {notice}");
    }
    outcome.judge(SET_UP_MAX)?;
    Ok(ExitCode::SUCCESS)
}

fn show(what: &str, times: &[Duration]) {
    let mut sorted = times.to_vec();
    sorted.sort();
    let (median, slowest) = (sorted.get(sorted.len() / 2), sorted.last());
    println!(
        "{what}: {}, median {median:?}, slowest {slowest:?}",
        times.len()
    );
}
