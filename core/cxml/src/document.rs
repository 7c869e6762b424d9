//! A parsed document: its verbs in order, and what was wrong with it but not fatal.

use core::fmt;

use serde::{Deserialize, Serialize};

use crate::Verb;

/// A document that can be run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Document {
    /// Top to bottom.
    pub verbs: Vec<Verb>,
    /// For the application's notifications, in the order of the document; at most
    /// `limits::DOCUMENT_WARNINGS_MAX`.
    pub warnings: Vec<Warning>,
}

impl Document {
    /// Whether it holds a `<Play>`: hold and wait music of such a document starts over.
    #[must_use]
    pub fn has_play(&self) -> bool {
        self.verbs
            .iter()
            .any(|verb| matches!(verb, Verb::Play { .. }))
    }
}

/// Something in a document that was ignored or replaced by its default.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Warning {
    /// The vendor's code.
    pub code: u32,
    /// Where.
    pub at: Position,
    /// What is wrong, what is done instead, and what would do.
    pub text: String,
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {}", self.code, self.at, self.text)
    }
}

/// A place in a document, both counted from 1, the column in characters.
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
