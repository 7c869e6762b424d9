//! `cargo xtask test`: every layer in turn, a count for each, one closing line.

mod layers;
mod nextest;
mod repeats;
mod tools;

use std::time::Instant;

use anyhow::Result;

pub(crate) use layers::Count;
pub(crate) use tools::{cargo_deny_folder, cargo_nextest, cargo_tool, install, with_nextest};

/// Runs the named layers, or all; true if nothing failed.
pub(crate) fn run(wanted: &[&str]) -> Result<bool> {
    let known: Vec<&str> = layers::ALL.iter().map(|l| l.name).collect();
    if let Some(unknown) = wanted.iter().find(|w| !known.contains(w)) {
        anyhow::bail!("no layer {unknown}; there are: {}", known.join(" "));
    }
    let mut rows = Vec::new();
    for layer in layers::ALL {
        if !wanted.is_empty() && !wanted.contains(&layer.name) {
            continue;
        }
        println!("\n== {}: {}", layer.name, layer.what);
        let began = Instant::now();
        let missing = tools::install(layer.needs);
        let mut count = match missing {
            Ok(()) => (layer.run)().unwrap_or_else(|error| {
                println!("{}: {error:#}", layer.name);
                Count {
                    passed: 0,
                    failed: 1,
                }
            }),
            Err(error) => {
                println!("{}: {error:#}", layer.name);
                Count {
                    passed: 0,
                    failed: 1,
                }
            }
        };
        if count.passed + count.failed == 0 {
            println!("{}: no test ran, so the layer has failed", layer.name);
            count.failed = 1;
        }
        rows.push((layer.name, count, began.elapsed().as_secs()));
    }
    println!(
        "\n{:<12} {:>7} {:>7} {:>8}",
        "layer", "passed", "failed", "seconds"
    );
    for (name, count, seconds) in &rows {
        println!(
            "{name:<12} {:>7} {:>7} {seconds:>8}",
            count.passed, count.failed
        );
    }
    let passed: usize = rows.iter().map(|r| r.1.passed).sum();
    let failed: usize = rows.iter().map(|r| r.1.failed).sum();
    println!("{passed} passed, {failed} failed");
    Ok(failed == 0)
}
