//! Builds the tests in the profile for tests, runs them with cargo-nextest, and counts them in the
//! report that it writes.
//!
//! The profile for tests is `release` with other settings for our own crates, so that third-party
//! crates are built once, for the tests and for the shipped binary.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::thread::available_parallelism;

use anyhow::{Context as _, Result};
use serde::Deserialize;

use super::layers::Count;
use super::repeats;
use super::tools::{cargo_nextest, with_nextest};
use crate::command::{ask, program, run, target};

/// Threads for each processor: see `.config/nextest.toml`.
const THREADS_PER_PROCESSOR: usize = 4;

/// Selection of packages and targets, always the same: another one would ask other features of
/// third-party crates and build these once more.
const SELECTION: &[&str] = &[
    "--release",
    "--locked",
    "--workspace",
    "--lib",
    "--bins",
    "--tests",
];

/// Packages that are built with optimization: they and their tests compute for long. For the
/// others, the compiler would take longer than the tests gain.
const COMPUTING: &[&str] = &[
    "confab-codec",
    "confab-rtp",
    "confab-mixer",
    "confab-media",
    "confab-sip",
    "confab-sounds",
    "confab-phone",
    "confab-simulator",
];
/// Level of optimization of these. With level 1 they would call generic functions of packages that
/// have none.
const COMPUTING_LEVEL: u8 = 2;

/// Builds all tests.
pub(super) fn build() -> Result<bool> {
    Ok(run(nextest(&["--no-run"])?)?.ok)
}

/// Runs the tests that match the filter expression.
pub(super) fn test(filter: &str) -> Result<Count> {
    let threads = available_parallelism()?.get() * THREADS_PER_PROCESSOR;
    let threads = threads.to_string();
    let mut command = nextest(&["--test-threads", &threads, "-E", filter])?;
    command.env("CONFAB_BINARY", shipped("confab"));
    let report = target().join("nextest/default/junit.xml");
    let _none_before = fs::remove_file(&report);
    let ok = run(command)?.ok;
    let report = fs::read_to_string(&report)
        .with_context(|| format!("{}: no report of the tests", report.display()))?;
    let repeats_ok = repeats::are_few(&report);
    Ok(count(&report)?.and(ok && repeats_ok))
}

/// Returns the path of a copy of a binary as it is shipped. cargo replaces `release/confab` with
/// the one of the tests.
pub(super) fn shipped(binary: &str) -> PathBuf {
    target().join("shipped").join(binary)
}

fn nextest(more: &[&str]) -> Result<Command> {
    cargo_nextest()?;
    let profile = write_profile()?;
    let mut command = program("cargo", &["nextest", "run"]);
    command
        .args(SELECTION)
        .arg("--config")
        .arg(profile)
        .args(more)
        .env("PATH", with_nextest());
    Ok(command)
}

/// Part of what `cargo metadata` prints.
#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
}

/// Writes the settings of our own crates, and returns the path of the file.
fn write_profile() -> Result<PathBuf> {
    let metadata = [
        "metadata",
        "--no-deps",
        "--offline",
        "--format-version",
        "1",
    ];
    let metadata = ask("cargo", &metadata).context("cargo metadata failed")?;
    let metadata: Metadata = serde_json::from_str(&metadata)?;
    let path = target().join("tests.toml");
    fs::create_dir_all(target())?;
    fs::write(&path, profile(&metadata.packages))?;
    Ok(path)
}

fn profile(packages: &[Package]) -> String {
    let mut text = String::from("# Written by `cargo xtask test`.\n");
    for Package { name } in packages {
        let level = match COMPUTING.contains(&name.as_str()) {
            true => COMPUTING_LEVEL,
            false => 0,
        };
        let _written = write!(
            text,
            "[profile.release.package.{name}]\nopt-level = {level}\ndebug-assertions = true\n\
             overflow-checks = true\n"
        );
    }
    text
}

/// Reads the numbers of the report's first element, `<testsuites … tests="12" failures="1"
/// errors="0">`.
fn count(report: &str) -> Result<Count> {
    let element = report.split("<testsuites").nth(1).unwrap_or_default();
    let element = element.split('>').next().unwrap_or_default();
    let number = |name: &str| -> Result<usize> {
        let value = element.split(&format!(" {name}=\"")).nth(1);
        let value = value.and_then(|rest| rest.split('"').next());
        let value = value.with_context(|| format!("the report has no {name}: {element:?}"))?;
        value.parse().with_context(|| format!("{name}={value:?}"))
    };
    let failed = number("failures")? + number("errors")?;
    let passed = number("tests")?.saturating_sub(failed);
    Ok(Count { passed, failed })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_come_from_the_first_element() {
        let report = "<?xml version=\"1.0\"?>\n<testsuites name=\"nextest-run\" tests=\"12\" \
                      failures=\"2\" errors=\"1\" uuid=\"4\">\n<testsuite tests=\"3\"/>";
        let count = count(report).expect("a report");
        assert_eq!((count.passed, count.failed), (9, 3));
    }

    #[test]
    fn a_report_without_counts_is_an_error() {
        assert!(count("").is_err());
        assert!(count("<testsuites name=\"nextest-run\" tests=\"1\">").is_err());
    }
}
