//! `cargo xtask settings`: writes the table of settings in `docs/configure.md`. Uses the test that
//! compares the page with `confab serve --help`, in its writing mode.

use anyhow::Result;

use crate::command::{program, run};

/// Runs the test in writing mode.
pub(crate) fn settings() -> Result<bool> {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".into());
    let arguments = ["test", "-p", "confab", "--test", "settings_page"];
    let mut command = program(&cargo, &arguments);
    command.env("WRITE_SETTINGS_PAGE", "1");
    Ok(run(command)?.ok)
}
