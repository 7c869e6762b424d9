//! `cargo xtask soak --minutes N`: builds the release, and runs the soak test for N minutes.

use anyhow::{Context as _, Result, bail};

use crate::command::{program, run};

/// Runs the soak test; returns true if nothing was missing or left.
pub(crate) fn soak(options: &[&str]) -> Result<bool> {
    let ["--minutes", minutes] = options else {
        bail!("expected --minutes N; got {options:?}");
    };
    let _number: u64 = minutes
        .parse()
        .with_context(|| format!("--minutes {minutes:?}: expected a whole number"))?;
    if !run(program("cargo", &["build", "--release", "-p", "confab"]))?.ok {
        return Ok(false);
    }
    let example = [
        "run",
        "--release",
        "-p",
        "confab-conformance",
        "--example",
        "soak",
        "--",
        minutes,
    ];
    Ok(run(program("cargo", &example))?.ok)
}
