//! `cargo xtask jitter`: compares the jitter buffer with neteq's in virtual time, and writes
//! `docs/jitter.md`.

use anyhow::Result;

use crate::command::{program, run};

/// A workspace of its own, so that neteq is not among the product's dependencies.
const MANIFEST: &str = "tools/beside-neteq/Cargo.toml";
const TARGET: &str = "target/beside-neteq";
const PAGE: &str = "docs/jitter.md";

/// Runs the comparison and writes the page; returns true if it completed, whatever the figures.
pub(crate) fn jitter() -> Result<bool> {
    let manifest = ["--manifest-path", MANIFEST, "--target-dir", TARGET];
    let whole = [
        &["run", "--release", "--locked"],
        &manifest[..],
        &["--", PAGE],
    ]
    .concat();
    Ok(run(program("cargo", &whole))?.ok)
}
