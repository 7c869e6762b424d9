//! `cargo xtask history --calls N`: fills a store with N calls, and measures its lists.

use anyhow::{Context as _, Result, bail};

use crate::command::{program, run, target};

/// Runs the measurement; returns true if no list exceeds its limit.
pub(crate) fn history(options: &[&str]) -> Result<bool> {
    let ["--calls", calls] = options else {
        bail!("expected --calls N; got {options:?}");
    };
    let _number: u64 = calls
        .parse()
        .with_context(|| format!("--calls {calls:?}: expected a whole number"))?;
    let dir = target().join("history").to_string_lossy().into_owned();
    let mut example = vec!["run", "--release", "-p", "confab-store"];
    example.extend(["--example", "history", "--", calls, &dir]);
    Ok(run(program("cargo", &example))?.ok)
}
