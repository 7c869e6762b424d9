//! A datagram cut into start line, headers and body; nothing is understood yet.

use confab_terms::limits;

use super::headers::{Header, Headers, lossy, spelt_out};
use super::lex::is_token;

/// The pieces, and the first thing that was wrong with the headers.
pub(crate) struct Pieces<'a> {
    pub(crate) start: String,
    pub(crate) headers: Headers,
    /// All that follows the empty line.
    pub(crate) rest: &'a [u8],
    pub(crate) fault: Option<&'static str>,
}

/// Cuts. `None`: there is nothing but line ends (a keep-alive), or far too much.
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
        // A line that begins with a blank goes on with the one before (RFC 3261 §7.3.1).
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

/// The first line without its end, and what follows; `None` where no line end is left.
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
        // A bare CR would let a value break out of its line where it is echoed.
        if !is_token(&name) || value.contains(&b'\r') {
            return self.note("Bad Header");
        }
        self.headers.0.push(Header {
            name: spelt_out(&name).to_owned(),
            value: value.to_vec(),
        });
    }
}
