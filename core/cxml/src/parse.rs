//! Parsing of bytes to a `Document` or a fault. Limits are checked before the tree is used.

use confab_terms::limits;
use roxmltree::{Error as XmlError, Node, ParsingOptions};
use serde::{Deserialize, Serialize};

use crate::attributes::Warnings;
use crate::{Document, Malformed, Position, prolog, read};

/// Use of a document, which determines the permitted verbs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Place {
    /// Instructions for a call.
    Call,
    /// Response of a HoldUrl or a WaitUrl.
    Music,
    /// Response of an AnnounceUrl: endless loops are not permitted.
    Announcement,
}

/// Parses a document.
pub fn parse(bytes: &[u8], place: Place) -> Result<Document, Malformed> {
    if bytes.len() > limits::DOCUMENT_BYTES_MAX {
        return Err(Malformed::TooLarge { bytes: bytes.len() });
    }
    let text = core::str::from_utf8(bytes).map_err(|e| Malformed::NotUtf8 {
        at: position_of(bytes.get(..e.valid_up_to()).unwrap_or_default()),
    })?;
    let text = prolog::readable(text);
    let text = text.as_ref();
    let at_byte = |byte: usize| position_of(&text.as_bytes()[..byte]);
    if let Some(byte) = prolog::html(text) {
        return Err(Malformed::Html { at: at_byte(byte) });
    }
    bound_attributes(text)?;
    let options = ParsingOptions {
        allow_dtd: false,
        // Text and comments are nodes, too. Since bytes are limited, this is only a second barrier.
        nodes_limit: u32::try_from(limits::DOCUMENT_BYTES_MAX).unwrap_or(u32::MAX),
        ..ParsingOptions::default()
    };
    let dtd = || at_byte(prolog::doctype(text).unwrap_or(0));
    let xml = roxmltree::Document::parse_with_options(text, options);
    let xml = xml.map_err(|e| not_xml(&e, dtd))?;
    let root = xml.root_element();
    let at = |node: Node<'_, '_>| Position::from(xml.text_pos_at(node.range().start));
    if root.tag_name().name() != "Response" {
        return Err(Malformed::NotAResponse {
            at: at(root),
            root: read::quoted(root.tag_name().name()),
        });
    }
    bound_tree(root, &at)?;
    let mut warnings = Warnings::of(&xml);
    let verbs = read::verbs(root, place, &mut warnings)?;
    if verbs.is_empty()
        && let Some((first, verbs)) = read::unknown_verbs(root)
    {
        return Err(Malformed::NoKnownVerb {
            at: at(first),
            verbs,
        });
    }
    Ok(Document {
        verbs,
        warnings: warnings.into_vec(),
    })
}

fn not_xml(e: &XmlError, dtd: impl FnOnce() -> Position) -> Malformed {
    match e {
        XmlError::DtdDetected => Malformed::Dtd { at: dtd() },
        XmlError::NodesLimitReached => Malformed::TooManyVerbs,
        e => Malformed::NotXml {
            at: e.pos().into(),
            why: e.to_string(),
        },
    }
}

/// Checks the limits of levels and elements. The walk is not recursive, so that documents cannot
/// exhaust the stack.
fn bound_tree(root: Node<'_, '_>, at: &impl Fn(Node<'_, '_>) -> Position) -> Result<(), Malformed> {
    let mut level: Vec<Node<'_, '_>> = vec![root];
    let mut elements = 0;
    let mut depth = 0;
    while let Some(first) = level.first() {
        depth += 1;
        if depth > limits::DOCUMENT_DEPTH_MAX {
            return Err(Malformed::TooDeep { at: at(*first) });
        }
        level = level
            .iter()
            .flat_map(Node::children)
            .filter(Node::is_element)
            .collect();
        elements += level.len();
        if elements > limits::DOCUMENT_VERBS_MAX {
            return Err(Malformed::TooManyVerbs);
        }
    }
    Ok(())
}

/// Checks the limit of attributes before parsing. The XML parser compares each attribute of an
/// element with all previous ones, which takes seconds for 64 kB of attributes.
fn bound_attributes(text: &str) -> Result<(), Malformed> {
    let mut rest = text;
    while let Some(open) = rest.find('<') {
        rest = &rest[open..];
        let end = if rest.starts_with("<!--") {
            rest.find("-->")
        } else if rest.starts_with("<![CDATA[") {
            rest.find("]]>")
        } else if rest.starts_with("<?") {
            rest.find("?>")
        } else {
            let (end, attributes) = tag(rest);
            if attributes > limits::DOCUMENT_ATTRIBUTES_MAX {
                let before = text.len() - rest.len();
                return Err(Malformed::TooManyAttributes {
                    at: position_of(&text.as_bytes()[..before]),
                });
            }
            end
        };
        match end {
            Some(end) => rest = &rest[end + 1..],
            None => return Ok(()),
        }
    }
    Ok(())
}

/// Returns the end of a tag and the number of `=` outside quotes.
fn tag(text: &str) -> (Option<usize>, usize) {
    let mut quote = None;
    let mut attributes = 0;
    for (i, b) in text.bytes().enumerate() {
        match (quote, b) {
            (Some(q), b) if q == b => quote = None,
            (None, b'"' | b'\'') => quote = Some(b),
            (None, b'=') => attributes += 1,
            (None, b'>') => return (Some(i), attributes),
            _ => {}
        }
    }
    (None, attributes)
}

/// Returns the position after these bytes.
fn position_of(before: &[u8]) -> Position {
    let line_start = before
        .iter()
        .rposition(|b| *b == b'\n')
        .map_or(0, |i| i + 1);
    let lines = before.iter().filter(|b| **b == b'\n').count();
    // Continuation bytes of UTF-8 are not separate characters.
    let columns = before[line_start..]
        .iter()
        .filter(|b| **b & 0b1100_0000 != 0b1000_0000)
        .count();
    let from_one = |n: usize| u32::try_from(n).unwrap_or(u32::MAX).saturating_add(1);
    Position {
        line: from_one(lines),
        column: from_one(columns),
    }
}
