//! `cargo xtask advisories --db PATH`: the dependencies against a clone of RustSec's database. On
//! demand: what a database says changes without a commit here.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use crate::command::{program, root, run};
use crate::test::{cargo_deny_folder, install};

/// Folder in which cargo-deny looks for the database: `db-path` of `deny.toml`, and its own name
/// for `db-urls`.
const DATABASES: &str = "target/advisory-dbs";
const DATABASE: &str = "advisory-db-3157b0e258782691";

/// Returns true if no advisory concerns the dependencies, but for those that `deny.toml` names with
/// a reason.
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
    // Without the network cargo-deny asks no other database, and finds the crates of this step.
    if !run(program("cargo", &["fetch", "--locked"]))?.ok {
        bail!("the crates of Cargo.lock cannot be fetched");
    }
    Ok(run(cargo_deny(&["--offline"], &["advisories"]))?.ok)
}

/// cargo-deny with these options and checks.
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
