//! Split of a message into start line, headers and body, without interpretation.

use confab_terms::limits;

use super::headers::{Header, Headers, lossy, spelt_out};
use super::lex::is_token;

/// Parts of a message, and the first fault of its headers.
pub(crate) struct Pieces<'a> {
    pub(crate) start: String,
    pub(crate) headers: Headers,
    /// Bytes after the empty line.
    pub(crate) rest: &'a [u8],
    pub(crate) fault: Option<&'static str>,
}

/// Splits a message. Returns `None` for line ends only (a keep-alive) or a message beyond the
/// limit.
pub(crate) fn split(bytes: &[u8]) -> Option<Pieces<'_>> {
    if bytes.len() > limits::SIP_MESSAGE_BYTES_MAX {
        return None;
    }
    let begin = bytes.iter().position(|b| !b"\r\n".contains(b))?;
    let mut rest = &bytes[begin..];
    let (start, after) = line(rest);
    rest = after.unwrap_or_default();
    let mut pieces = Pieces {
        start: lossy(start),
        headers: Headers::default(),
        rest,
        fault: after.is_none().then_some("No Empty Line"),
    };
    loop {
        let (first, mut after) = line(pieces.rest);
        if first.is_empty() {
            if after.is_none() {
                pieces.note("No Empty Line");
            }
            pieces.rest = after.unwrap_or_default();
            return Some(pieces);
        }
        let mut text = first.to_vec();
        // A line that begins with a blank continues the line before (RFC 3261 §7.3.1).
        while let Some(next) = after.filter(|next| next.first().is_some_and(is_blank)) {
            let (folded, rest) = line(next);
            text.push(b' ');
            text.extend_from_slice(folded.trim_ascii());
            after = rest;
        }
        pieces.read_header(&text);
        pieces.rest = after.unwrap_or_default();
    }
}

fn is_blank(byte: &u8) -> bool {
    b" \t".contains(byte)
}

/// Returns the first line without its end, and the remaining bytes; `None`: there is no line end.
fn line(bytes: &[u8]) -> (&[u8], Option<&[u8]>) {
    let Some(end) = bytes.iter().position(|byte| *byte == b'\n') else {
        return (bytes, None);
    };
    let text = &bytes[..end];
    (
        text.strip_suffix(b"\r").unwrap_or(text),
        Some(&bytes[end + 1..]),
    )
}

impl Pieces<'_> {
    fn note(&mut self, fault: &'static str) {
        self.fault.get_or_insert(fault);
    }

    fn read_header(&mut self, text: &[u8]) {
        if self.headers.0.len() >= limits::SIP_HEADERS_MAX {
            return self.note("Too Many Headers");
        }
        if text.len() > limits::SIP_LINE_BYTES_MAX {
            return self.note("Header Too Long");
        }
        let Some(colon) = text.iter().position(|byte| *byte == b':') else {
            return self.note("Bad Header");
        };
        let name = lossy(text[..colon].trim_ascii_end());
        let value = text[colon + 1..].trim_ascii();
        // A bare CR could split the header where a response echoes the value.
        if !is_token(&name) || value.contains(&b'\r') {
            return self.note("Bad Header");
        }
        self.headers.0.push(Header {
            name: spelt_out(&name).to_owned(),
            value: value.to_vec(),
        });
    }
}
