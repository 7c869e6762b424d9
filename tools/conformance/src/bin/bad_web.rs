//! Forbidden URLs in each parameter that accepts a URL, with the release binary in a network
//! namespace with a canary on all addresses. 316 calls try 6,004 URLs.
//!
//! `cargo run --release -p confab-conformance --bin bad_web -- [CALLS] [AT_ONCE]`

use std::process::ExitCode;

use anyhow::Result;
use confab_conformance::bad_web::{Figures, NAME_SERVER, run};
use confab_conformance::namespace;

/// Argument from the outer process to the inner one.
const INSIDE: &str = "--inside";

fn main() -> Result<ExitCode> {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.first().is_none_or(|first| first != INSIDE) {
        arguments.insert(0, INSIDE.to_owned());
        let status = namespace::run_inside(&std::env::current_exe()?, &arguments)?;
        return Ok(if status.success() {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        });
    }
    let mut numbers = arguments[1..].iter().map(|text| text.parse::<usize>());
    let calls = numbers.next().transpose()?.unwrap_or(316);
    let at_once = numbers.next().transpose()?.unwrap_or(8);
    let folder = tempfile::tempdir()?;
    namespace::furnish(folder.path(), NAME_SERVER)?;
    let figures = run(calls, at_once)?;
    Ok(show(&figures))
}

fn show(figures: &Figures) -> ExitCode {
    let Figures {
        tried,
        told,
        codes,
        hits,
        visits,
        took,
        ..
    } = figures;
    println!(
        "{tried} forbidden URLs tried in {:.1} s",
        took.as_secs_f64()
    );
    println!(
        "{} connections to addresses that are not public: {hits:?}",
        hits.len()
    );
    println!("{visits} connections to the application, which is");
    println!("{told} told in Notifications, by code: {codes:?}");
    for (what, list) in [
        ("never told", &figures.untold),
        ("also told", &figures.others),
    ] {
        println!("{} {what}", list.len());
        list.iter().take(20).for_each(|one| println!("  {one}"));
    }
    println!(
        "{} told more than once: {:?}",
        figures.repeated.len(),
        figures.repeated
    );
    println!(
        "allowed, the canary is reached: {:?}",
        figures.hits_when_allowed
    );
    let holds = hits.is_empty()
        && told == tried
        && figures.repeated.is_empty()
        && figures.hits_when_allowed.len() == 2;
    println!("{}", if holds { "holds" } else { "DOES NOT HOLD" });
    if holds {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
