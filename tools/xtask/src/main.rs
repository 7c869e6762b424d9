//! `cargo xtask test` runs what CI runs; `cargo xtask tidy` checks the house rules alone;
//! `cargo xtask bench` measures the cost of a call beside the bare floor.

mod bench;
mod command;
mod test;
mod tidy;

use std::process::ExitCode;

const USAGE: &str = "usage: cargo xtask test [LAYER…] | tidy | bench
  test    everything that CI runs; with names, only those layers (see docs/testing.md)
  tidy    the house rules: floors, file and function sizes, headers, banned words
  bench   CPU, jitter and loss at 200 participants, beside a bare floor in the same run";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = match words.as_slice() {
        ["test", layers @ ..] => test::run(layers),
        ["tidy"] => tidy::run().map(|told| told.print()),
        ["bench", options @ ..] => bench::run(options),
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}
