//! The layers, from the cheapest to the dearest, and how each counts what it ran.

use std::process::Command;

use anyhow::Result;

use super::repeats;
use crate::command::{Ran, program, run, target};
use crate::{advisories, tidy};

/// How many tests of a layer held.
#[derive(Clone, Copy)]
pub(crate) struct Count {
    pub(crate) passed: usize,
    pub(crate) failed: usize,
}

const FAILED: Count = Count {
    passed: 0,
    failed: 1,
};

/// One layer.
pub(crate) struct Layer {
    pub(crate) name: &'static str,
    pub(crate) what: &'static str,
    /// Programs that must be there: see `tools`.
    pub(crate) needs: &'static [&'static str],
    pub(crate) run: fn() -> Result<Count>,
}

/// All of them.
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
        name: "lint",
        what: "clippy, warnings denied",
        needs: &["cc"],
        run: lint,
    },
    Layer {
        name: "deny",
        what: "licences, bans and sources of dependencies",
        needs: &["cargo-deny"],
        run: deny,
    },
    Layer {
        name: "rules",
        what: "the rules as scripts",
        needs: &[],
        run: rules,
    },
    Layer {
        name: "unit",
        what: "every crate's own tests, wire formats included",
        needs: &["flite", "ip", "strace", "mkfs.ext4"],
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
        what: "10,000 seeded runs of the whole core",
        needs: &[],
        run: simulator,
    },
    Layer {
        name: "build",
        what: "the release binary",
        needs: &["cc"],
        run: build,
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

/// As released: what other crates' build scripts make serves both.
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

fn rules() -> Result<Count> {
    let arguments = [
        "test",
        "--locked",
        "-p",
        "confab-conference",
        "--test",
        "rules",
    ];
    Ok(counted(&run(cargo(&arguments))?))
}

/// What is tested as it is released, always in one selection: another one would ask other features
/// of the libraries and build them once more.
const SHELL: &[&str] = &[
    "confab",
    "confab-sockets",
    "confab-store",
    "confab-sounds",
    "confab-web",
    "confab-rest",
    "confab-phone",
    "confab-client",
    "confab-bench",
    "confab-simulator",
];

const TEST: &[&str] = &["test", "--no-fail-fast"];

/// Builds or tests these, and of them only what `more` names, if it names anything.
fn released(how: &'static [&'static str], more: &[&'static str]) -> Command {
    let mut arguments = how.to_vec();
    arguments.extend(["--release", "--locked"]);
    for package in SHELL {
        arguments.extend(["-p", package]);
    }
    arguments.extend(more);
    cargo(&arguments)
}

/// The core with its assertions and overflow checks on; the shell as it is released, so that its
/// many dependencies are built once.
fn unit() -> Result<Count> {
    let mut core = vec!["test", "--workspace", "--locked", "--no-fail-fast"];
    let elsewhere = "confab-conformance confab-conference confab-fuzz";
    for package in SHELL.iter().copied().chain(elsewhere.split_whitespace()) {
        core.extend(["--exclude", package]);
    }
    let conference = [
        "test",
        "--locked",
        "-p",
        "confab-conference",
        "--lib",
        "--test",
        "model",
    ];
    let mut sum = Count {
        passed: 0,
        failed: 0,
    };
    for command in [cargo(&core), released(TEST, &[]), cargo(&conference)] {
        let ran = run(command)?;
        let count = counted(&ran).and(repeats::are_few(&ran));
        sum.passed += count.passed;
        sum.failed += count.failed;
    }
    Ok(sum)
}

/// With overflow checks; the form apart, which would have all of the HTTP server built once more.
fn fuzz() -> Result<Count> {
    let checked = [
        "test",
        "--locked",
        "-p",
        "confab-fuzz",
        "--no-default-features",
    ];
    let form = ["-p", "confab-fuzz", "--test", "short", "--", "form"];
    let mut sum = counted(&run(cargo(&checked))?);
    let form = counted(&run(released(TEST, &form))?);
    sum.passed += form.passed;
    sum.failed += form.failed;
    Ok(sum)
}

fn simulator() -> Result<Count> {
    if !run(released(&["build"], &["--bin", "confab-simulator"]))?.ok {
        return Ok(FAILED);
    }
    let built = target().join("release/confab-simulator");
    let ran = run(program(&built.to_string_lossy(), &["--runs", "10000"]))?;
    let closing = ran.output.lines().rev().find_map(closing_line);
    Ok(closing.unwrap_or(FAILED).and(ran.ok))
}

fn build() -> Result<Count> {
    Ok(one(&run(cargo(&["build", "--release", "--locked"]))?))
}

fn demo() -> Result<Count> {
    Ok(one(&run(cargo(&[
        "run",
        "--release",
        "--locked",
        "--",
        "demo",
    ]))?))
}

fn conformance() -> Result<Count> {
    conformance_test(&["--lib", "--test", "vendors"])
}

fn phones() -> Result<Count> {
    conformance_test(&["--test", "phones"])
}

/// Its tests mostly wait: two at a time, each with a server and ports of its own. What is tested is
/// the release as it is now, also where this layer is run alone.
fn conformance_test(which: &[&str]) -> Result<Count> {
    if build()?.failed > 0 {
        return Ok(FAILED);
    }
    let mut arguments = vec!["test", "--release", "--locked", "--no-fail-fast"];
    // Beside the server: so the libraries that both use have the same features, and are built once.
    arguments.extend(["-p", "confab", "-p", "confab-conformance"]);
    arguments.extend(which);
    arguments.extend(["--", "--test-threads", "2"]);
    let ran = run(cargo(&arguments))?;
    Ok(counted(&ran).and(repeats::are_few(&ran)))
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
    fn and(self, ok: bool) -> Self {
        Self {
            failed: self.failed.max(usize::from(!ok)),
            ..self
        }
    }
}

/// Sums up cargo's `test result: ok. 12 passed; 0 failed; …`.
fn counted(ran: &Ran) -> Count {
    let mut sum = Count {
        passed: 0,
        failed: 0,
    };
    for line in ran.output.lines().filter(|l| l.starts_with("test result:")) {
        let number = |what: &str| {
            let before = line.split(what).next().unwrap_or_default();
            before
                .split_whitespace()
                .next_back()
                .and_then(|n| n.parse().ok())
                .unwrap_or(0)
        };
        sum.passed += number(" passed;");
        sum.failed += number(" failed;");
    }
    sum.and(ran.ok)
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
