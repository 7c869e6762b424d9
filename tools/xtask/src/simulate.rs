//! `cargo xtask simulate --runs N`: builds the simulator as it is released, and runs N seeds that
//! begin at the hash of the commit.

use anyhow::{Context as _, Result, bail};

use crate::command::{ask, program, run};

/// Returns true if every run held.
pub(crate) fn simulate(options: &[&str]) -> Result<bool> {
    let ["--runs", runs] = options else {
        bail!("expected --runs N, the number of seeds; got {options:?}");
    };
    let _number: u64 = runs
        .parse()
        .with_context(|| format!("--runs {runs:?}: expected a whole number"))?;
    let first = first_seed()?.to_string();
    let mut command = program("cargo", &["run", "--release", "--locked"]);
    command
        .args(["-p", "confab-simulator", "--"])
        .args(["--runs", runs, "--first", &first]);
    Ok(run(command)?.ok)
}

/// Returns the first seed: the first 32 bits of the commit's hash, so that each commit has other
/// seeds.
pub(crate) fn first_seed() -> Result<u32> {
    let hash = ask("git", &["rev-parse", "HEAD"]).context("git rev-parse HEAD")?;
    let digits = hash.get(..8).unwrap_or_default();
    u32::from_str_radix(digits, 16).with_context(|| format!("hash {hash:?}"))
}
