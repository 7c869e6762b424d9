//! Faults that prevent the execution of a document.

use confab_terms::limits;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::Position;

/// Fault that prevents the execution of a document.
#[derive(Clone, Debug, PartialEq, Eq, Error, Serialize, Deserialize)]
pub enum Malformed {
    /// The document has more than `limits::DOCUMENT_BYTES_MAX` bytes.
    #[error("the document has {bytes} bytes: at most {max} are read",
        max = limits::DOCUMENT_BYTES_MAX)]
    TooLarge {
        /// Number of received bytes.
        bytes: usize,
    },
    /// The document has more than `limits::DOCUMENT_VERBS_MAX` elements.
    #[error("the document has more than {max} elements: split it with <Redirect>",
        max = limits::DOCUMENT_VERBS_MAX)]
    TooManyVerbs,
    /// An element has more than `limits::DOCUMENT_ATTRIBUTES_MAX` attributes.
    #[error("{at}: an element may have at most {max} attributes",
        max = limits::DOCUMENT_ATTRIBUTES_MAX)]
    TooManyAttributes {
        /// Position of the fault.
        at: Position,
    },
    /// The document is not UTF-8.
    #[error("{at}: not UTF-8; send the document as UTF-8")]
    NotUtf8 {
        /// Position of the fault.
        at: Position,
    },
    /// The document is not XML.
    #[error("{at}: not XML: {why}")]
    NotXml {
        /// Position of the fault.
        at: Position,
        /// Message of the XML parser.
        why: String,
    },
    /// The document has a document type declaration.
    #[error("{at}: a document type declaration (<!DOCTYPE …>) is not read: leave it out")]
    Dtd {
        /// Position of the fault.
        at: Position,
    },
    /// The document is a web page.
    #[error(
        "{at}: an HTML page, expected a document with the root element <Response>; is the URL \
         right, and is this the page of an error or of a login?"
    )]
    Html {
        /// Position of the fault.
        at: Position,
    },
    /// The document has verbs, none of which is supported.
    #[error(
        "{at}: no verb of the document is supported: {verbs}; expected at least one of <Play>, \
         <Say>, <Pause>, <Redirect>, <Dial>, <Record>, <Hangup>, <Reject>"
    )]
    NoKnownVerb {
        /// Position of the first verb.
        at: Position,
        /// Names of the verbs, as written.
        verbs: String,
    },
    /// The document has more than `limits::DOCUMENT_DEPTH_MAX` levels of elements.
    #[error("{at}: more than {max} levels of elements", max = limits::DOCUMENT_DEPTH_MAX)]
    TooDeep {
        /// Position of the fault.
        at: Position,
    },
    /// The root element is not `<Response>`.
    #[error("{at}: the root element is <{root}>: it must be <Response>")]
    NotAResponse {
        /// Position of the fault.
        at: Position,
        /// Name of the root element, as written.
        root: String,
    },
    /// A verb is not allowed at the place of the document.
    #[error("{at}: <{verb}> is not allowed here: only <Play>, <Say>, <Pause> and <Redirect> are")]
    VerbNotAllowed {
        /// Position of the fault.
        at: Position,
        /// Name of the verb, as written.
        verb: String,
    },
}

impl Malformed {
    /// Returns the vendor's error code.
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

    /// Returns the position of the fault; `None` if the fault concerns the document as a whole.
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
