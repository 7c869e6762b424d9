//! `cargo xtask test` runs the layers of tests as CI does; `tidy` checks the house rules only;
//! `fuzz` runs one target for long; `bench` and `jitter` measure and write their pages; `mutants`
//! tests the tests.

mod advisories;
mod bench;
mod command;
mod fuzz;
mod history;
mod jitter;
mod mutants;
mod recording;
mod settings;
mod simulate;
mod soak;
mod test;
mod tidy;

use std::process::ExitCode;

const USAGE: &str = "usage: cargo xtask test [LAYER…] | tidy | fuzz TARGET SECONDS [--asan]
       cargo xtask bench [--quick] [--only WORD] | jitter | mutants --sample N | soak --minutes N
       cargo xtask bench --overload | advisories --db PATH | history --calls N
       cargo xtask recording [--binary PATH] | settings | simulate --runs N
  test    everything that CI runs; with names, only those layers (see docs/testing.md)
  tidy    the house rules: layers, file and function sizes, headers, banned words, Markdown
  fuzz    one target of tools/fuzz, led by coverage, for so long; --asan: under
          AddressSanitizer; see docs/testing.md and docs/dependencies.md
  advisories
          the dependencies against a clone of the RustSec database; see docs/dependencies.md
  bench   calls by the thousand, measured: writes docs/benchmarks.md; --quick: few calls, and the
          page into target/bench; --only: the runs whose name holds the word, and no page;
          --overload: SIP and API of two servers on one processor with more to do than it can
  jitter  the jitter buffer beside neteq's on the same packets, in virtual time: writes
          docs/jitter.md
  history the lists of N calls in the store, each filter alone and with dates: p50 and p99; see
          docs/testing.md
  mutants changes the code at N places drawn at random, and counts the changes that no test finds;
          goes on where it was interrupted; see docs/testing.md
  recording
          draws a session of `confab demo` as docs/images/demo.svg; needs `script` (util-linux)
  settings
          writes the table of docs/configure.md from `confab serve --help`
  simulate
          N seeded runs of the whole core, from the seed that the commit's hash gives
  soak    calls, updates, webhooks and phones that vanish, for N minutes: nothing missing or left";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = match words.as_slice() {
        ["test", layers @ ..] => test::run(layers),
        ["tidy"] => tidy::run().map(|told| told.print()),
        ["fuzz", target, seconds] => fuzz::fuzz(target, seconds, fuzz::Sanitizer::None),
        ["fuzz", target, seconds, "--asan"] => {
            fuzz::fuzz(target, seconds, fuzz::Sanitizer::Address)
        }
        ["advisories", "--db", path] => advisories::advisories(path),
        ["bench", options @ ..] => bench::bench(options),
        ["jitter"] => jitter::jitter(),
        ["soak", options @ ..] => soak::soak(options),
        ["simulate", options @ ..] => simulate::simulate(options),
        ["history", options @ ..] => history::history(options),
        ["mutants", options @ ..] => mutants::mutants(options),
        ["recording", options @ ..] => recording::recording(options),
        ["settings"] => settings::settings(),
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
