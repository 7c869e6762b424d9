//! House rules as checks: properties of the tree that `ARCHITECTURE.md` states.

mod fields;
mod functions;
mod language;
mod layers;
mod markdown;
mod source;

use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::command::{ask, root};

/// Results of the checks.
#[derive(Default)]
pub(crate) struct Told {
    pub(crate) checks: usize,
    faults: Vec<String>,
    questions: Vec<String>,
}

impl Told {
    fn check(&mut self, holds: bool, fault: impl FnOnce() -> String) {
        self.checks += 1;
        if !holds {
            self.faults.push(fault());
        }
    }

    fn question(&mut self, question: String) {
        self.questions.push(question);
    }

    /// Returns the number of failed checks.
    pub(crate) fn failed(&self) -> usize {
        self.faults.len()
    }

    /// Prints the results; returns true if there are no faults.
    pub(crate) fn print(&self) -> bool {
        for question in &self.questions {
            println!("tidy: question: {question}");
        }
        for fault in &self.faults {
            println!("tidy: {fault}");
        }
        println!("tidy: {} checks, {} faults", self.checks, self.faults.len());
        self.faults.is_empty()
    }
}

/// Checks all files in git's index or untracked, and each `Cargo.toml`.
pub(crate) fn run() -> Result<Told> {
    let mut told = Told::default();
    layers::check(&mut told)?;
    markdown::check_decisions(&mut told)?;
    for path in tracked()? {
        let Ok(text) = std::fs::read_to_string(root().join(&path)) else {
            continue;
        };
        source::check_any(&path, &text, &mut told);
        if path.extension().is_some_and(|e| e == "rs") {
            source::check_rust(&path, &text, &mut told);
            functions::check(&path, &text, &mut told);
            language::check(&path, &text, &mut told);
            fields::check(&path, &text, &mut told);
        }
        if path.extension().is_some_and(|e| e == "md") {
            markdown::check(&path, &text, &mut told);
        }
    }
    Ok(told)
}

/// Returns the files that git tracks or would add.
fn tracked() -> Result<Vec<PathBuf>> {
    let listed = ask(
        "git",
        &["ls-files", "--cached", "--others", "--exclude-standard"],
    )
    .ok_or_else(|| anyhow::anyhow!("git ls-files failed: tidy needs a git checkout"))?;
    Ok(listed
        .lines()
        .map(PathBuf::from)
        .filter(|p| root().join(p).is_file())
        .collect())
}

/// Returns whether a file belongs to tests, benchmarks or examples.
fn is_test(path: &Path) -> bool {
    path.components().any(|c| {
        matches!(
            c.as_os_str().to_str(),
            Some("tests" | "benches" | "examples")
        )
    }) || path.file_name().is_some_and(|n| n == "tests.rs")
}
