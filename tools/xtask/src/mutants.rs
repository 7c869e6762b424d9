//! `cargo xtask mutants --sample N`: changes the code at N places drawn at random, one at a time,
//! and counts the changes that a test finds. cargo-mutants makes the changes and runs the tests.

mod ledger;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};
use serde::Deserialize;

use crate::command::{ask, program, root, run, target};
use crate::test::cargo_tool;
use ledger::{Ledger, Verdict};

/// Package and the packages above it whose tests get the changes that its own tests miss.
const PACKAGES: &[(&str, &[&str])] = &[
    (
        "confab-conference",
        &["confab-switchboard", "confab-simulator"],
    ),
    ("confab-mixer", &["confab-media", "confab-simulator"]),
    ("confab-sip", &["confab-switchboard", "confab-simulator"]),
    ("confab-cxml", &["confab-switchboard", "confab-simulator"]),
    ("confab-rtp", &["confab-media", "confab-simulator"]),
    ("confab-rest", &["confab"]),
    ("confab-store", &["confab-rest", "confab"]),
    ("confab-web", &["confab"]),
    ("confab-delivery", &["confab-web", "confab-simulator"]),
    ("confab-switchboard", &["confab-rest", "confab-simulator"]),
    ("confab-media", &["confab-switchboard", "confab-simulator"]),
];
/// Share of the changes that must be found, in percent.
const FOUND_MIN: f64 = 95.0;
/// Largest share of changes that may be named as equivalent, in percent.
const EQUIVALENT_MAX: f64 = 3.0;

/// One change that cargo-mutants can make.
#[derive(Clone, Debug, Deserialize)]
struct Mutant {
    /// File, line, column and description.
    name: String,
    package: String,
}

/// Tests the changes; true if enough of them are found.
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
    let place = Place::new(&tool, hash)?;
    let all = place.list()?;
    let drawn = draw(all.clone(), number, hash);
    let mut ledger = Ledger::open(&place.folder.join(format!("{hash}-{number}")))?;
    for (package, above) in PACKAGES {
        let of_package = |mutant: &&Mutant| mutant.package == *package;
        let names = drawn.iter().filter(of_package).map(|one| one.name.clone());
        let names: Vec<String> = names.collect();
        place.test(&mut ledger, 0, package, &[package], &names)?;
        let missed = names.into_iter();
        let missed = missed.filter(|name| ledger.verdict(name, 0) == Some(Verdict::Missed));
        let missed: Vec<String> = missed.collect();
        place.test(&mut ledger, 1, package, above, &missed)?;
    }
    sum_up(&ledger, &drawn, all.len())
}

/// Draws without repetition; the same for the same seed and list.
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
        command
            .arg(self.tree())
            .env("CARGO_TARGET_DIR", self.folder.join("build"));
        command
    }

    /// Returns every change that can be made in the packages.
    fn list(&self) -> Result<Vec<Mutant>> {
        let mut command = self.command();
        command.args(["--list", "--json"]);
        for (package, _) in PACKAGES {
            command.args(["--package", package]);
        }
        let told = command.output().context("cargo-mutants did not start")?;
        if !told.status.success() {
            bail!(
                "cargo mutants --list: {}",
                String::from_utf8_lossy(&told.stderr)
            );
        }
        serde_json::from_slice(&told.stdout).context("the list of cargo-mutants")
    }

    /// Makes the changes that have no verdict of this stage, and runs the tests of `testers`.
    fn test(
        &self,
        ledger: &mut Ledger,
        stage: u8,
        package: &str,
        testers: &[&str],
        names: &[String],
    ) -> Result<()> {
        let output = self.folder.join("output");
        // What an interrupted run had found out.
        ledger.harvest(stage, &output.join("mutants.out"), names)?;
        let left = names.iter();
        let left: Vec<_> = left
            .filter(|name| ledger.verdict(name, stage).is_none())
            .collect();
        if left.is_empty() {
            return Ok(());
        }
        if output.exists() {
            fs::remove_dir_all(&output)?;
        }
        let patterns: Vec<String> = left.iter().map(|name| pattern(name)).collect();
        let settings = self.folder.join("settings.toml");
        let table = toml::toml! { examine_re = [] };
        let mut table = table;
        table.insert("examine_re".to_owned(), patterns.into());
        fs::write(&settings, toml::to_string(&table)?)?;
        let mut command = self.command();
        command
            .args(["--in-place", "--no-shuffle", "--minimum-test-timeout", "60"])
            .args(["--package", package])
            .arg("--config")
            .arg(&settings)
            .arg("--output")
            .arg(&output)
            .args(["--test-package", &testers.join(",")]);
        run(command)?;
        ledger.harvest(stage, &output.join("mutants.out"), names)?;
        let without = left
            .iter()
            .filter(|name| ledger.verdict(name, stage).is_none());
        match without.count() {
            0 => Ok(()),
            number => bail!("{number} changes in {package} have no verdict: see the lines above"),
        }
    }
}

/// Regular expression that matches a name only.
fn pattern(name: &str) -> String {
    let mut pattern = String::from("^");
    for letter in name.chars() {
        if r"\.+*?()|[]{}^$#&-~".contains(letter) {
            pattern.push('\\');
        }
        pattern.push(letter);
    }
    pattern + "$"
}

/// Prints what was found and what was not; true if it is enough.
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

/// Whether the list of equivalent changes has it: file and description, without line and column.
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
