//! Why a document cannot be run at all.

use confab_terms::limits;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::Position;

/// Why a document cannot be run at all.
#[derive(Clone, Debug, PartialEq, Eq, Error, Serialize, Deserialize)]
pub enum Malformed {
    /// More bytes than a document may have.
    #[error("the document has {bytes} bytes: at most {max} are read",
        max = limits::DOCUMENT_BYTES_MAX)]
    TooLarge {
        /// As many as came.
        bytes: usize,
    },
    /// More elements than a document may have.
    #[error("the document has more than {max} elements: split it with <Redirect>",
        max = limits::DOCUMENT_VERBS_MAX)]
    TooManyVerbs,
    /// An element has more attributes than any verb knows.
    #[error("{at}: an element may have at most {max} attributes",
        max = limits::DOCUMENT_ATTRIBUTES_MAX)]
    TooManyAttributes {
        /// Position of the fault.
        at: Position,
    },
    /// Bytes that are not UTF-8.
    #[error("{at}: not UTF-8; send the document as UTF-8")]
    NotUtf8 {
        /// Position of the fault.
        at: Position,
    },
    /// Not XML.
    #[error("{at}: not XML: {why}")]
    NotXml {
        /// Position of the fault.
        at: Position,
        /// In the parser's words.
        why: String,
    },
    /// It has a document type declaration.
    #[error("{at}: a document type declaration (<!DOCTYPE …>) is not read: leave it out")]
    Dtd {
        /// Position of the fault.
        at: Position,
    },
    /// A web page in place of a document.
    #[error(
        "{at}: an HTML page, expected a document with the root element <Response>; is the URL \
         right, and is this the page of an error or of a login?"
    )]
    Html {
        /// Position of the fault.
        at: Position,
    },
    /// Every verb is one that confab does not execute.
    #[error(
        "{at}: no verb of the document is supported: {verbs}; expected at least one of <Play>, \
         <Say>, <Pause>, <Redirect>, <Dial>, <Record>, <Hangup>, <Reject>"
    )]
    NoKnownVerb {
        /// Position of the first verb.
        at: Position,
        /// As written.
        verbs: String,
    },
    /// Elements within elements within elements.
    #[error("{at}: more than {max} levels of elements", max = limits::DOCUMENT_DEPTH_MAX)]
    TooDeep {
        /// Position of the fault.
        at: Position,
    },
    /// The root is something else.
    #[error("{at}: the root element is <{root}>: it must be <Response>")]
    NotAResponse {
        /// Position of the fault.
        at: Position,
        /// As written.
        root: String,
    },
    /// A verb that makes no sense where the document is played.
    #[error("{at}: <{verb}> is not allowed here: only <Play>, <Say>, <Pause> and <Redirect> are")]
    VerbNotAllowed {
        /// Position of the fault.
        at: Position,
        /// As written.
        verb: String,
    },
}

impl Malformed {
    /// The vendor's code.
    #[must_use]
    pub fn code(&self) -> u32 {
        match self {
            Self::TooLarge { .. } | Self::TooManyVerbs | Self::TooManyAttributes { .. } => 11750,
            Self::NotUtf8 { .. }
            | Self::NotXml { .. }
            | Self::Dtd { .. }
            | Self::Html { .. }
            | Self::TooDeep { .. }
            | Self::NotAResponse { .. } => 12100,
            Self::NoKnownVerb { .. } => 12200,
            Self::VerbNotAllowed { .. } => 13238,
        }
    }

    /// Where, if one place is to blame.
    #[must_use]
    pub fn at(&self) -> Option<Position> {
        match self {
            Self::TooLarge { .. } | Self::TooManyVerbs => None,
            Self::TooManyAttributes { at }
            | Self::Dtd { at }
            | Self::Html { at }
            | Self::NoKnownVerb { at, .. }
            | Self::NotUtf8 { at }
            | Self::NotXml { at, .. }
            | Self::TooDeep { at }
            | Self::NotAResponse { at, .. }
            | Self::VerbNotAllowed { at, .. } => Some(*at),
        }
    }
}
