//! Stored verdicts of a sample, one per line, so that an interrupted run continues.

use std::collections::BTreeMap;
use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Result;

/// Result of the tests of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// A test failed, or timed out.
    Caught,
    /// All tests passed.
    Missed,
    /// The change does not compile.
    Unviable,
}

/// File of cargo-mutants, verdict on the changes in it, and word in the ledger.
const FILES: &[(&str, Verdict, &str)] = &[
    ("caught.txt", Verdict::Caught, "caught"),
    ("timeout.txt", Verdict::Caught, "timeout"),
    ("unviable.txt", Verdict::Unviable, "unviable"),
    ("missed.txt", Verdict::Missed, "missed"),
];

/// Verdicts of a sample, by name and stage.
pub(super) struct Ledger {
    path: PathBuf,
    verdicts: BTreeMap<(String, u8), Verdict>,
}

impl Ledger {
    /// Reads the file if it exists.
    pub(super) fn open(path: &Path) -> Result<Self> {
        let text = fs::read_to_string(path).unwrap_or_default();
        let verdicts = text.lines().filter_map(|line| {
            let (stage, rest) = line.split_once(' ')?;
            let (word, name) = rest.split_once(' ')?;
            let (_, verdict, _) = FILES.iter().find(|(_, _, known)| *known == word)?;
            Some(((name.to_owned(), stage.parse().ok()?), *verdict))
        });
        Ok(Self {
            path: path.to_owned(),
            verdicts: verdicts.collect(),
        })
    }

    /// Returns the verdict of a stage.
    pub(super) fn verdict(&self, name: &str, stage: u8) -> Option<Verdict> {
        self.verdicts.get(&(name.to_owned(), stage)).copied()
    }

    /// Returns the verdict of the last stage that tested the change.
    pub(super) fn last(&self, name: &str) -> Option<Verdict> {
        self.verdict(name, 1).or_else(|| self.verdict(name, 0))
    }

    /// Stores a verdict.
    pub(super) fn write(&mut self, stage: u8, name: &str, verdict: Verdict) -> Result<()> {
        let mut options = OpenOptions::new();
        let mut file = options.create(true).append(true).open(&self.path)?;
        let word = FILES.iter().find(|(_, known, _)| *known == verdict);
        let word = word.map_or("missed", |(_, _, word)| *word);
        writeln!(file, "{stage} {word} {name}")?;
        self.verdicts.insert((name.to_owned(), stage), verdict);
        Ok(())
    }
}

/// Returns the verdict on a change in a folder that cargo-mutants wrote.
pub(super) fn read(folder: &Path, name: &str) -> Option<Verdict> {
    let found = FILES.iter().find(|(list, _, _)| {
        let text = fs::read_to_string(folder.join(list)).unwrap_or_default();
        text.lines().any(|line| line == name)
    });
    found.map(|(_, verdict, _)| *verdict)
}
