//! `cargo xtask bench`: builds the release and `tools/bench`, and runs the benchmarks.

use anyhow::{Result, bail};

use crate::command::{program, root, run, target};

/// Runs the benchmarks; returns true if they completed, whatever the figures.
pub(crate) fn bench(options: &[&str]) -> Result<bool> {
    let (quick, only) = match options {
        ["--overload"] => return overload(),
        [] => (false, None),
        ["--quick"] => (true, None),
        ["--only", word] => (false, Some(*word)),
        ["--quick", "--only", word] => (true, Some(*word)),
        _ => bail!(
            "bench: {options:?}: expected --overload, or --quick and --only WORD in this order"
        ),
    };
    if !build()? {
        return Ok(false);
    }
    let target = target();
    let folder = if quick {
        target.join("bench")
    } else {
        root().join("docs")
    };
    let binary = target.join("release/confab-bench");
    let mut command = program(&binary.to_string_lossy(), &[]);
    command.arg(folder);
    if quick {
        command.arg("quick");
    }
    if let Some(word) = only {
        command.args(["only", word]);
    }
    Ok(run(command)?.ok)
}

/// Measures two servers on a processor that they overload.
fn overload() -> Result<bool> {
    if !build()? {
        return Ok(false);
    }
    let binary = target().join("release/confab-bench");
    Ok(run(program(&binary.to_string_lossy(), &["overload"]))?.ok)
}

/// Builds the server and `tools/bench` separately: a common build would unify their features, and
/// the measured binary would differ from the released one.
fn build() -> Result<bool> {
    for package in ["confab", "confab-bench"] {
        if !run(program("cargo", &["build", "--release", "-p", package]))?.ok {
            return Ok(false);
        }
    }
    Ok(true)
}
