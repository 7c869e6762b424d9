//! Parsed document: its verbs in order, and warnings about non-fatal faults.

use core::fmt;

use serde::{Deserialize, Serialize};

use crate::Verb;

/// Executable document.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Document {
    /// Verbs from top to bottom.
    pub verbs: Vec<Verb>,
    /// Warnings for the application's notifications, in the order of the document; at most
    /// `limits::DOCUMENT_WARNINGS_MAX`.
    pub warnings: Vec<Warning>,
}

impl Document {
    /// Returns whether the document contains a `<Play>`: such hold and wait music starts over at
    /// its end.
    #[must_use]
    pub fn has_play(&self) -> bool {
        self.verbs
            .iter()
            .any(|verb| matches!(verb, Verb::Play { .. }))
    }
}

/// Part of a document that was ignored or replaced by its default.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Warning {
    /// Vendor's error code.
    pub code: u32,
    /// Position of the fault.
    pub at: Position,
    /// Description of the fault, its effect, and the expectation.
    pub text: String,
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {}", self.code, self.at, self.text)
    }
}

/// Position in a document; line and column are counted from 1, the column in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Position {
    /// Line.
    pub line: u32,
    /// Character of the line.
    pub column: u32,
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}", self.line, self.column)
    }
}

impl From<roxmltree::TextPos> for Position {
    fn from(at: roxmltree::TextPos) -> Self {
        Self {
            line: at.row,
            column: at.col,
        }
    }
}
