//! `cargo xtask mutants --sample N`: changes the code at N places drawn at random, one at a time,
//! and counts the changes that a test finds. cargo-mutants makes the changes and runs the tests.

mod ledger;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use serde::Deserialize;

use crate::command::{ask, program, root, run, target};
use crate::test::{cargo_nextest, cargo_tool, with_nextest};
use ledger::{Ledger, Verdict};

/// Package; the dependent packages whose tests run for changes that its own tests miss; and the
/// optimization level of its own tests. Tests of audio are slow without optimization.
const PACKAGES: &[(&str, &[&str], &str)] = &[
    (
        "confab-conference",
        &["confab-switchboard", "confab-simulator"],
        "0",
    ),
    ("confab-mixer", &["confab-media", "confab-simulator"], "1"),
    (
        "confab-sip",
        &["confab-switchboard", "confab-simulator"],
        "0",
    ),
    (
        "confab-cxml",
        &["confab-switchboard", "confab-simulator"],
        "0",
    ),
    ("confab-rtp", &["confab-media", "confab-simulator"], "1"),
    ("confab-rest", &["confab"], "0"),
    ("confab-store", &["confab-rest", "confab"], "0"),
    ("confab-web", &["confab"], "0"),
    ("confab-delivery", &["confab-web", "confab-simulator"], "0"),
    (
        "confab-switchboard",
        &["confab-rest", "confab-simulator"],
        "0",
    ),
    (
        "confab-media",
        &["confab-switchboard", "confab-simulator"],
        "1",
    ),
];
/// Optimization level of the dependent packages' tests.
const LEVEL_ABOVE: &str = "1";
/// Minimum share of found changes, in percent.
const FOUND_MIN: f64 = 95.0;
/// Maximum share of changes listed as equivalent, in percent.
const EQUIVALENT_MAX: f64 = 3.0;

/// Change that cargo-mutants can make.
#[derive(Clone, Debug)]
struct Mutant {
    package: &'static str,
    /// File, line, column and description.
    name: String,
    /// Position in the list of the package, and length of the list.
    shard: (usize, usize),
}

/// Change in the output of cargo-mutants.
#[derive(Deserialize)]
struct Listed {
    name: String,
}

/// Tests a sample of changes; returns true if enough of them are found.
pub(crate) fn mutants(options: &[&str]) -> Result<bool> {
    let ["--sample", number] = options else {
        bail!("expected --sample N, the number of changes to draw; got {options:?}");
    };
    let number: usize = number
        .parse()
        .with_context(|| format!("--sample {number:?}: expected a whole number"))?;
    let hash = ask("git", &["rev-parse", "HEAD"]).context("git rev-parse HEAD")?;
    let hash = hash.trim();
    println!("mutants: seed {hash}");
    let tool = cargo_tool("cargo-mutants", "27.1.0")?;
    cargo_nextest()?;
    let place = Place::new(&tool, hash)?;
    let all = place.list()?;
    let drawn = draw(all.clone(), number, hash);
    let mut ledger = Ledger::open(&place.folder.join(format!("{hash}-{number}")))?;
    for (package, above, level) in PACKAGES {
        let of_package = drawn.iter().filter(|mutant| mutant.package == *package);
        let of_package: Vec<&Mutant> = of_package.collect();
        place.test(&mut ledger, (0, &[package], level), &of_package)?;
        let missed = of_package.into_iter();
        let missed = missed.filter(|one| ledger.verdict(&one.name, 0) == Some(Verdict::Missed));
        let missed: Vec<&Mutant> = missed.collect();
        place.test(&mut ledger, (1, above, LEVEL_ABOVE), &missed)?;
    }
    sum_up(&ledger, &drawn, all.len())
}

/// Draws without repetition; equal seeds and lists give equal draws.
fn draw(mut all: Vec<Mutant>, number: usize, hash: &str) -> Vec<Mutant> {
    all.sort_by(|a, b| a.name.cmp(&b.name));
    let mut state = u64::from_str_radix(hash.get(..16).unwrap_or("0"), 16).unwrap_or_default();
    // SplitMix64 (Steele, Lea, Flood 2014).
    let mut random = || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    };
    let number = number.min(all.len());
    for at in 0..number {
        let left = (all.len() - at) as u64;
        all.swap(at, at + (random() % left) as usize);
    }
    all.truncate(number);
    all
}

/// Clone of the repository in which the code is changed, and its build folder.
struct Place {
    folder: PathBuf,
    tool: PathBuf,
}

impl Place {
    fn new(tool: &Path, hash: &str) -> Result<Self> {
        let folder = target().join("mutants");
        fs::create_dir_all(&folder)?;
        let place = Self {
            folder,
            tool: tool.to_owned(),
        };
        let tree = place.tree();
        let tree_text = tree.to_string_lossy();
        if !tree.join(".git").exists() {
            let here = root();
            let clone = ["clone", "--quiet", &here.to_string_lossy(), &tree_text];
            place.git(&clone)?;
        }
        place.git(&["-C", &tree_text, "fetch", "--quiet"])?;
        // An interrupted run leaves its change behind.
        place.git(&[
            "-C", &tree_text, "checkout", "--quiet", "--force", "--detach", hash,
        ])?;
        // Removes cases that property tests stored for a change.
        place.git(&["-C", &tree_text, "clean", "--quiet", "--force", "-d"])?;
        Ok(place)
    }

    fn git(&self, arguments: &[&str]) -> Result<()> {
        if run(program("git", arguments))?.ok {
            return Ok(());
        }
        bail!("git {} failed", arguments.join(" "))
    }

    fn tree(&self) -> PathBuf {
        self.folder.join("tree")
    }

    fn command(&self) -> Command {
        let mut command = program(&self.tool.to_string_lossy(), &["mutants", "--dir"]);
        command.arg(self.tree());
        self.build(command)
    }

    /// Configures a command for fast builds: a change compiles only one package and its tests.
    fn build(&self, mut command: Command) -> Command {
        command
            .env("CARGO_TARGET_DIR", self.folder.join("build"))
            .env("CARGO_INCREMENTAL", "1")
            .env("CARGO_PROFILE_DEV_DEBUG", "false")
            .env("PATH", with_nextest());
        command
    }

    /// Returns all possible changes in the packages.
    fn list(&self) -> Result<Vec<Mutant>> {
        let mut all = Vec::new();
        for (package, _, _) in PACKAGES {
            let mut command = self.command();
            command.args(["--list", "--json", "--no-shuffle", "--package", package]);
            let told = command.output().context("cargo-mutants did not start")?;
            if !told.status.success() {
                let reason = String::from_utf8_lossy(&told.stderr).into_owned();
                bail!("cargo mutants --list: {reason}");
            }
            let listed: Vec<Listed> =
                serde_json::from_slice(&told.stdout).context("the list of cargo-mutants")?;
            let count = listed.len();
            all.extend(listed.into_iter().enumerate().map(|(at, one)| Mutant {
                package,
                name: one.name,
                shard: (at, count),
            }));
        }
        Ok(all)
    }

    /// Makes each change without a verdict of this stage, and runs the tests of `testers`.
    fn test(
        &self,
        ledger: &mut Ledger,
        (stage, testers, level): (u8, &[&str], &str),
        mutants: &[&Mutant],
    ) -> Result<()> {
        let left = mutants.iter();
        let left: Vec<_> = left
            .filter(|one| ledger.verdict(&one.name, stage).is_none())
            .collect();
        if left.is_empty() {
            return Ok(());
        }
        let limit = self.unchanged(testers, level)?.as_secs() * 5 + 60;
        let limit = limit.to_string();
        let output = self.folder.join("output");
        for mutant in left {
            let (at, count) = mutant.shard;
            let shard = format!("{at}/{count}");
            let mut command = self.command();
            command.env("CARGO_PROFILE_DEV_OPT_LEVEL", level);
            // One shard per change: name patterns would exclude changes of struct fields.
            command
                .args([
                    "--in-place",
                    "--no-shuffle",
                    "--baseline",
                    "skip",
                    "--sharding",
                    "slice",
                    "--test-tool",
                    "nextest",
                ])
                .args(["--shard", &shard, "--package", mutant.package])
                .args(["--timeout", &limit, "--test-package", &testers.join(",")])
                .arg("--output")
                .arg(&output);
            run(command)?;
            let verdict = ledger::read(&output.join("mutants.out"), &mutant.name);
            let verdict = verdict.with_context(|| format!("no verdict on {}", mutant.name))?;
            ledger.write(stage, &mutant.name, verdict)?;
        }
        Ok(())
    }

    /// Runs the tests without a change, and returns their duration.
    fn unchanged(&self, testers: &[&str], level: &str) -> Result<Duration> {
        let build = ["nextest", "run", "--locked", "--no-run"];
        let mut took = Duration::ZERO;
        for arguments in [&build[..], &build[..3]] {
            let begun = Instant::now();
            let mut cargo = self.build(program("cargo", arguments));
            for tester in testers {
                cargo.args(["-p", tester]);
            }
            cargo
                .current_dir(self.tree())
                .env("CARGO_PROFILE_DEV_OPT_LEVEL", level);
            if !run(cargo)?.ok {
                bail!("the tests of {testers:?} fail without a change");
            }
            took = begun.elapsed();
        }
        Ok(took)
    }
}

/// Prints the found and the missed changes; returns true if the shares are sufficient.
fn sum_up(ledger: &Ledger, drawn: &[Mutant], of: usize) -> Result<bool> {
    let equivalent = fs::read_to_string(root().join("tools/xtask/equivalent_mutants.txt"))?;
    let (mut found, mut named, mut unviable, mut missed) = (0, 0, 0, 0);
    for mutant in drawn {
        match ledger.last(&mutant.name) {
            Some(Verdict::Caught) => found += 1,
            Some(Verdict::Unviable) => unviable += 1,
            _ if is_named(&equivalent, &mutant.name) => named += 1,
            _ => {
                println!("missed: {}", mutant.name);
                missed += 1;
            }
        }
    }
    let judged = f64::from(found + named + missed).max(1.0);
    let share = f64::from(found) * 100.0 / judged;
    let equivalent_share = f64::from(named) * 100.0 / judged;
    println!(
        "mutants: {} drawn of {of}: {found} found, {missed} missed, {named} named as equivalent, \
         {unviable} do not compile: {share:.1} % found",
        drawn.len()
    );
    Ok(share >= FOUND_MIN && equivalent_share <= EQUIVALENT_MAX)
}

/// Returns true if the list of equivalent changes contains a change: file and description, without
/// line and column.
fn is_named(equivalent: &str, name: &str) -> bool {
    let mut parts = name.splitn(4, ':');
    let (Some(file), _, _, Some(text)) = (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return false;
    };
    let wanted = format!("{file}:{text}");
    let lines = equivalent.lines().filter(|line| !line.starts_with('#'));
    lines.map(str::trim_end).any(|line| line == wanted)
}
