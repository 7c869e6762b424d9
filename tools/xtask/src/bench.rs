//! `cargo xtask bench`: builds the release and `tools/bench`, and lets that measure.

use anyhow::{Result, bail};

use crate::command::{program, root, run, target};

/// Measures; true if it came to an end. What it measures fails nothing.
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

/// Measures two servers that share a processor and have more to do than it can.
fn overload() -> Result<bool> {
    if !build()? {
        return Ok(false);
    }
    let binary = target().join("release/confab-bench");
    Ok(run(program(&binary.to_string_lossy(), &["overload"]))?.ok)
}

/// Builds the server and `tools/bench`, one by one: together they would be built with each other's
/// features, and what is measured would not be what ships.
fn build() -> Result<bool> {
    for package in ["confab", "confab-bench"] {
        if !run(program("cargo", &["build", "--release", "-p", package]))?.ok {
            return Ok(false);
        }
    }
    Ok(true)
}
