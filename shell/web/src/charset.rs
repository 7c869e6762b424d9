//! Conversion of text to UTF-8: by byte order mark, content type or XML declaration.

use encoding_rs::{Encoding, UTF_8, WINDOWS_1252};
use reqwest::header::{CONTENT_TYPE, HeaderMap};

/// Number of bytes that are searched for an XML declaration.
const DECLARATION_BYTES: usize = 200;

/// Converts a document to UTF-8. A document with bytes that are invalid in its declared encoding is
/// returned unchanged: the parser reports the position of the first such byte.
pub(crate) fn document(bytes: Vec<u8>, headers: &HeaderMap) -> Vec<u8> {
    let encoding = declared(&bytes, headers).unwrap_or(UTF_8);
    if encoding == UTF_8 {
        return bytes;
    }
    let text = encoding.decode_with_bom_removal(&bytes);
    match text {
        (text, false) => text.into_owned().into_bytes(),
        (_, true) => bytes,
    }
}

/// Decodes plain text. Without a declaration, UTF-8 is tried first, then Windows-1252.
pub(crate) fn text(bytes: &[u8], headers: &HeaderMap) -> String {
    let valid = std::str::from_utf8(bytes).is_ok();
    let default = if valid { UTF_8 } else { WINDOWS_1252 };
    let encoding = declared(bytes, headers).unwrap_or(default);
    encoding.decode_with_bom_removal(bytes).0.into_owned()
}

fn declared(bytes: &[u8], headers: &HeaderMap) -> Option<&'static Encoding> {
    let by_mark = Encoding::for_bom(bytes).map(|(encoding, _)| encoding);
    let by_type = || Encoding::for_label(charset(headers)?.as_bytes());
    let by_declaration = || Encoding::for_label(declaration(bytes)?);
    by_mark.or_else(by_type).or_else(by_declaration)
}

/// Returns the `charset` of the content type.
fn charset(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(CONTENT_TYPE)?.to_str().ok()?;
    let parameters = value.split(';').skip(1);
    let mut pairs = parameters.filter_map(|parameter| parameter.split_once('='));
    let (_, charset) = pairs.find(|(name, _)| name.trim().eq_ignore_ascii_case("charset"))?;
    Some(charset.trim().trim_matches('"').to_owned())
}

/// Returns the `encoding` of an XML declaration, in any encoding that contains ASCII.
fn declaration(bytes: &[u8]) -> Option<&[u8]> {
    let head = &bytes[..bytes.len().min(DECLARATION_BYTES)];
    let head = head.trim_ascii_start().strip_prefix(b"<?xml")?;
    let end = head.windows(2).position(|two| two == b"?>")?;
    let at = head[..end]
        .windows(8)
        .position(|word| word == b"encoding")?;
    let value = head[at + 8..end].trim_ascii_start();
    let value = value.strip_prefix(b"=")?.trim_ascii_start();
    let (quote, value) = value.split_first()?;
    let end = value.iter().position(|byte| byte == quote)?;
    matches!(quote, b'"' | b'\'').then_some(&value[..end])
}
