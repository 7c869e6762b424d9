//! SDP in a multipart body (RFC 2046 §5.1, RFC 5621), next to ISUP, PIDF-LO or recording metadata
//! (docs/decisions/0032).

use confab_terms::limits;

use super::headers::{Headers, lossy};
use super::lex::{Params, param, params, unquote};
use super::split::split;

pub(crate) const SDP: &str = "application/sdp";

/// Reason why a multipart body cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unusable {
    /// No boundary, no part, or more parts or levels than the limits allow.
    Malformed,
    /// A part of an unknown type has `handling=required`.
    Required,
    /// The SDP is compressed, or its transfer encoding is not 7bit, 8bit or binary.
    Encoded,
}

/// Returns the media type in lower case, and its parameters.
pub(crate) fn media_type(headers: &Headers) -> Option<(String, Params)> {
    let value = headers.text("Content-Type")?;
    let (kind, rest) = value.split_at(value.find(';').unwrap_or(value.len()));
    let kind: String = kind.split_ascii_whitespace().collect();
    Some((kind.to_ascii_lowercase(), params(rest).unwrap_or_default()))
}

/// Replaces a multipart body by its first SDP part, in `multipart/alternative` by the last. Without
/// SDP, the body becomes empty: no offer. Other bodies remain unchanged.
pub(crate) fn take_session(headers: &mut Headers, body: &mut Vec<u8>) -> Result<(), Unusable> {
    let Some((kind, params)) = media_type(headers).filter(|_| !body.is_empty()) else {
        return Ok(());
    };
    if !kind.starts_with("multipart/") {
        return Ok(());
    }
    let mut reader = Reader { parts: 0 };
    let found = reader.find((&kind, &params), body, 1)?;
    headers.set("Content-Type", found.as_ref().map(|_| SDP));
    *body = found.unwrap_or_default();
    Ok(())
}

struct Reader {
    /// Number of parts read so far, on all levels.
    parts: usize,
}

impl Reader {
    fn find(
        &mut self,
        (kind, params): (&str, &Params),
        body: &[u8],
        depth: usize,
    ) -> Result<Option<Vec<u8>>, Unusable> {
        let boundary = param(params, "boundary").flatten().map(unquote);
        let boundary = boundary.filter(|boundary| !boundary.is_empty());
        let boundary = boundary.ok_or(Unusable::Malformed)?;
        if depth > limits::SIP_BODY_DEPTH_MAX {
            return Err(Unusable::Malformed);
        }
        let mut best = None;
        for part in cut(body, &boundary).ok_or(Unusable::Malformed)? {
            self.parts += 1;
            if self.parts > limits::SIP_BODY_PARTS_MAX {
                return Err(Unusable::Malformed);
            }
            let found = self.read(part, depth)?;
            if best.is_none() || found.is_some() && kind == "multipart/alternative" {
                best = found;
            }
        }
        Ok(best)
    }

    /// Returns the SDP of one part.
    fn read(&mut self, part: &[u8], depth: usize) -> Result<Option<Vec<u8>>, Unusable> {
        // `split` expects a start line before the headers of a part.
        let Some(pieces) =
            split(&[b"part\r\n", part].concat()).map(|p| (p.headers, p.rest.to_vec()))
        else {
            return Ok(None);
        };
        let (headers, content) = pieces;
        let (kind, params) = media_type(&headers).unwrap_or_default();
        if kind.starts_with("multipart/") {
            return self.find((&kind, &params), &content, depth + 1);
        }
        let (disposition, required) = disposition(&headers);
        if kind == SDP && disposition != "early-session" {
            return match is_plain(&headers) {
                true => Ok(Some(whole_lines(content))),
                false => Err(Unusable::Encoded),
            };
        }
        match required {
            true => Err(Unusable::Required),
            false => Ok(None),
        }
    }
}

/// Returns the disposition in lower case, and true if `handling=required` is present.
fn disposition(headers: &Headers) -> (String, bool) {
    let value = headers.text("Content-Disposition").unwrap_or_default();
    let (kind, rest) = value.split_at(value.find(';').unwrap_or(value.len()));
    let params = params(rest).unwrap_or_default();
    let handling = param(&params, "handling").flatten().map(unquote);
    let required = handling.is_some_and(|said| said.eq_ignore_ascii_case("required"));
    (kind.trim().to_ascii_lowercase(), required)
}

/// Returns true if the content has no encoding.
fn is_plain(headers: &Headers) -> bool {
    let says = |name: &str, plain: &[&str]| {
        headers.all(name).all(|value| {
            let value = lossy(value);
            plain.iter().any(|plain| value.eq_ignore_ascii_case(plain))
        })
    };
    says("Content-Encoding", &["identity"])
        && says("Content-Transfer-Encoding", &["7bit", "8bit", "binary"])
}

/// Restores the line end of the last line, which counts as a part of the next boundary.
fn whole_lines(mut sdp: Vec<u8>) -> Vec<u8> {
    if !sdp.is_empty() && !sdp.ends_with(b"\n") {
        sdp.extend_from_slice(b"\r\n");
    }
    sdp
}

/// Splits a body at the lines with the boundary. The preamble and the epilogue are ignored, and the
/// closing boundary may be missing. Returns `None` without any boundary.
fn cut<'a>(body: &'a [u8], boundary: &str) -> Option<Vec<&'a [u8]>> {
    let delimiter = format!("--{boundary}").into_bytes();
    let (mut parts, mut begin, mut at) = (Vec::new(), None, 0);
    while at < body.len() {
        let rest = &body[at..];
        let length = rest
            .iter()
            .position(|byte| *byte == b'\n')
            .map(|end| end + 1);
        let length = length.unwrap_or(rest.len());
        let line = rest[..length].trim_ascii_end();
        let after = line.strip_prefix(delimiter.as_slice());
        if let Some(after @ (b"" | b"--")) = after {
            if let Some(begin) = begin.take() {
                parts.push(without_line_end(&body[begin..at]));
            }
            if after == b"--" {
                return Some(parts);
            }
            begin = Some(at + length);
        }
        at += length;
    }
    let last = begin?;
    parts.push(without_line_end(&body[last..]));
    Some(parts)
}

fn without_line_end(part: &[u8]) -> &[u8] {
    let part = part.strip_suffix(b"\n").unwrap_or(part);
    part.strip_suffix(b"\r").unwrap_or(part)
}
