//! `cargo xtask advisories --db PATH`: checks the dependencies against a clone of RustSec's
//! database. Runs on demand, since the content of a database changes without a commit.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use crate::command::{program, root, run};
use crate::test::{cargo_deny_folder, install};

/// Folder in which cargo-deny looks for the database: `db-path` of `deny.toml`, and cargo-deny's
/// name for `db-urls`.
const DATABASES: &str = "target/advisory-dbs";
const DATABASE: &str = "advisory-db-3157b0e258782691";

/// Returns true if no advisory concerns the dependencies, except for those in `deny.toml` with a
/// reason.
pub(crate) fn advisories(database: &str) -> Result<bool> {
    install(&["cargo-deny"])?;
    let databases = root().join(DATABASES);
    let copy = databases.join(DATABASE);
    if copy.exists() {
        fs::remove_dir_all(&copy).context("the former copy of the database stays")?;
    }
    fs::create_dir_all(&databases)?;
    let from = fs::canonicalize(database).with_context(|| format!("--db {database}"))?;
    let clone = ["clone", "-q", &path_text(&from), &path_text(&copy)];
    if !run(program("git", &clone))?.ok {
        bail!("invalid --db {database}: expected a clone of github.com/rustsec/advisory-db");
    }
    if !copy.join("crates").is_dir() {
        bail!("invalid --db {database}: expected the folder crates/ in it");
    }
    // Offline, cargo-deny uses no other database, and requires the crates of this step.
    if !run(program("cargo", &["fetch", "--locked"]))?.ok {
        bail!("the crates of Cargo.lock cannot be fetched");
    }
    Ok(run(cargo_deny(&["--offline"], &["advisories"]))?.ok)
}

/// Returns a command of cargo-deny with these options and checks.
pub(crate) fn cargo_deny(options: &[&str], checks: &[&str]) -> Command {
    let deny = cargo_deny_folder().join("cargo-deny");
    let mut command = program(&path_text(&deny), &["--locked"]);
    command.args(options).arg("check");
    command.arg("--hide-inclusion-graph").args(checks);
    command
}

fn path_text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}
