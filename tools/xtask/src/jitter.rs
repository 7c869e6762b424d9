//! `cargo xtask jitter`: the jitter buffer beside neteq's, in virtual time, into `docs/jitter.md`.

use anyhow::Result;

use crate::command::{program, run};

/// Has a workspace of its own, so that neteq is nowhere among the product's dependencies.
const MANIFEST: &str = "tools/beside-neteq/Cargo.toml";
const TARGET: &str = "target/beside-neteq";
const PAGE: &str = "docs/jitter.md";

/// Plays and writes the page; what it shows fails nothing.
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
