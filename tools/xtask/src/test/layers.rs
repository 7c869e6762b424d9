//! Layers of tests, and the count of each.

use std::fs;
use std::process::Command;

use anyhow::{Context as _, Result};

use super::nextest;
use crate::command::{Ran, program, run, target};
use crate::simulate::first_seed;
use crate::{advisories, tidy};

/// Result of a layer.
#[derive(Clone, Copy)]
pub(crate) struct Count {
    pub(crate) passed: usize,
    pub(crate) failed: usize,
}

const FAILED: Count = Count {
    passed: 0,
    failed: 1,
};

/// Runs of the simulator in each test of a commit: `cargo xtask simulate` makes more.
const SIMULATOR_RUNS: &str = "1000";

/// Layer of tests.
pub(crate) struct Layer {
    pub(crate) name: &'static str,
    pub(crate) what: &'static str,
    /// Programs that must be there: see `tools`.
    pub(crate) needs: &'static [&'static str],
    pub(crate) run: fn() -> Result<Count>,
}

/// All layers, in the order in which they run.
pub(crate) const ALL: &[Layer] = &[
    Layer {
        name: "format",
        what: "rustfmt",
        needs: &[],
        run: format,
    },
    Layer {
        name: "tidy",
        what: "the house rules",
        needs: &[],
        run: tidy_count,
    },
    Layer {
        name: "deny",
        what: "licences, bans and sources of dependencies",
        needs: &["cargo-deny"],
        run: deny,
    },
    Layer {
        name: "build",
        what: "all tests, and the binary that is shipped",
        needs: &["cc"],
        run: build,
    },
    Layer {
        name: "lint",
        what: "clippy, warnings denied",
        needs: &["cc"],
        run: lint,
    },
    Layer {
        name: "rules",
        what: "the rules as scripts",
        needs: &["cc"],
        run: rules,
    },
    Layer {
        name: "unit",
        what: "every crate's own tests, wire formats included",
        needs: &["cc", "flite", "ip", "strace", "mkfs.ext4"],
        run: unit,
    },
    Layer {
        name: "fuzz",
        what: "anything into every parser, from a seed",
        needs: &[],
        run: fuzz,
    },
    Layer {
        name: "simulator",
        what: "1,000 seeded runs of the whole core",
        needs: &[],
        run: simulator,
    },
    Layer {
        name: "demo",
        what: "confab demo, as a newcomer runs it",
        needs: &[],
        run: demo,
    },
    Layer {
        name: "conformance",
        what: "the vendors' client libraries against the running server",
        needs: &["npm-packages", "pip-packages", "flite"],
        run: conformance,
    },
    Layer {
        name: "phones",
        what: "real phones, heard through RTP",
        needs: &[
            "sipp",
            "baresip",
            "flite",
            "ip",
            "nft",
            "strace",
            "openssl",
            "prlimit",
            "rsipstack-phone",
        ],
        run: phones,
    },
];

fn one(ran: &Ran) -> Count {
    Count {
        passed: usize::from(ran.ok),
        failed: usize::from(!ran.ok),
    }
}

fn cargo(arguments: &[&str]) -> Command {
    program(
        &std::env::var("CARGO").unwrap_or_else(|_| "cargo".into()),
        arguments,
    )
}

fn format() -> Result<Count> {
    Ok(one(&run(cargo(&["fmt", "--all", "--check"]))?))
}

fn tidy_count() -> Result<Count> {
    let told = tidy::run()?;
    told.print();
    Ok(Count {
        passed: told.checks - told.failed(),
        failed: told.failed(),
    }
    .as_one())
}

/// In the profile of the build, whose build scripts and macros serve both.
fn lint() -> Result<Count> {
    let arguments = [
        "clippy",
        "--release",
        "--workspace",
        "--all-targets",
        "--locked",
        "--",
        "-D",
        "warnings",
    ];
    Ok(one(&run(cargo(&arguments))?))
}

/// Without advisories, which change without a commit here: `cargo xtask advisories`.
fn deny() -> Result<Count> {
    let checks = ["bans", "licenses", "sources"];
    Ok(one(&run(advisories::cargo_deny(&[], &checks))?))
}

/// Builds all tests, then the binary that is shipped and the simulator in the same way, and keeps
/// copies of these two.
fn build() -> Result<Count> {
    if !nextest::build()? {
        return Ok(FAILED);
    }
    let build = ["build", "--release", "--locked"];
    let packages = ["-p", "confab", "-p", "confab-simulator"];
    let ran = run(cargo(&[&build[..], &packages].concat()))?;
    if ran.ok {
        fs::create_dir_all(target().join("shipped"))?;
        for binary in ["confab", "confab-simulator"] {
            let copy = nextest::shipped(binary);
            fs::copy(target().join("release").join(binary), &copy)
                .with_context(|| format!("copying to {}", copy.display()))?;
        }
    }
    Ok(one(&ran))
}

fn demo() -> Result<Count> {
    let demo = ["run", "--release", "--locked", "--", "demo"];
    Ok(one(&run(cargo(&demo))?))
}

fn rules() -> Result<Count> {
    nextest::test("package(confab-conference) and binary(rules)")
}

/// All tests that no other layer runs.
fn unit() -> Result<Count> {
    nextest::test(
        "not (package(confab-conference) and binary(rules)) and not package(confab-fuzz) \
         and not package(confab-conformance)",
    )
}

fn fuzz() -> Result<Count> {
    nextest::test("package(confab-fuzz)")
}

/// The seeds begin at the hash of the commit, so that each commit tests other runs.
fn simulator() -> Result<Count> {
    if build()?.failed > 0 {
        return Ok(FAILED);
    }
    let built = nextest::shipped("confab-simulator");
    let first = first_seed()?.to_string();
    let arguments = ["--runs", SIMULATOR_RUNS, "--first", &first];
    let ran = run(program(&built.to_string_lossy(), &arguments))?;
    let closing = ran.output.lines().rev().find_map(closing_line);
    Ok(closing.unwrap_or(FAILED).and(ran.ok))
}

fn conformance() -> Result<Count> {
    conformance_test("package(confab-conformance) and not binary(phones)")
}

fn phones() -> Result<Count> {
    conformance_test("package(confab-conformance) and binary(phones)")
}

/// Tests the binary that is shipped, as it is now, also where this layer is run alone.
fn conformance_test(filter: &str) -> Result<Count> {
    if build()?.failed > 0 {
        return Ok(FAILED);
    }
    nextest::test(filter)
}

impl Count {
    /// Thousands of small checks are one test to a reader.
    fn as_one(self) -> Self {
        Self {
            passed: usize::from(self.failed == 0),
            failed: self.failed,
        }
    }

    /// A program that ended badly has failed, whatever it counted.
    pub(super) fn and(self, ok: bool) -> Self {
        Self {
            failed: self.failed.max(usize::from(!ok)),
            ..self
        }
    }
}

/// `…: 10000 passed, 0 failed`.
fn closing_line(line: &str) -> Option<Count> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let [.., passed, "passed,", failed, "failed"] = words.as_slice() else {
        return None;
    };
    Some(Count {
        passed: passed.parse().ok()?,
        failed: failed.parse().ok()?,
    })
}
