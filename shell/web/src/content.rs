//! What a body is: a document or audio, by its content type, and by its first bytes where that
//! says nothing.

use reqwest::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderMap};

/// What a body is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Content {
    Document,
    Audio,
    /// The header does not tell (absent, or `application/octet-stream`): look at the bytes.
    Untold,
    Other,
}

/// The content type without its parameters, in lower case; empty if absent.
pub(crate) fn essence(headers: &HeaderMap) -> String {
    let value = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    let value = value.unwrap_or_default();
    let essence = value.split(';').next().unwrap_or_default();
    essence.trim().to_ascii_lowercase()
}

/// We never ask for compression, and what decompresses can grow without measure.
pub(crate) fn is_compressed(headers: &HeaderMap) -> bool {
    headers
        .get(CONTENT_ENCODING)
        .is_some_and(|value| value != "identity")
}

/// What the content type says.
pub(crate) fn told(essence: &str) -> Content {
    match essence {
        "text/xml" | "application/xml" | "application/cxml" | "application/x-cxml" => {
            Content::Document
        }
        "application/ogg"
        | "application/vnd.apple.mpegurl"
        | "application/x-mpegurl"
        | "application/pls+xml" => Content::Audio,
        "" | "application/octet-stream" | "binary/octet-stream" => Content::Untold,
        other if other.starts_with("audio/") => Content::Audio,
        other if other.starts_with("application/") && other.ends_with("+xml") => Content::Document,
        _ => Content::Other,
    }
}

/// Returns whether the first bytes are no text.
pub(crate) fn is_binary(head: &[u8]) -> bool {
    let text = |byte: &u8| !byte.is_ascii_control() || byte.is_ascii_whitespace();
    !head.iter().all(text) || std::str::from_utf8(head).is_err_and(|e| e.error_len().is_some())
}

/// Returns whether a text is a document, or an HTML page in its place, whatever its type says.
pub(crate) fn is_markup(text: &str) -> bool {
    const BEGINNINGS: &[&str] = &["<?xml", "<response", "<!--", "<!doctype", "<html"];
    let text = text.trim_start_matches('\u{feff}').trim_start();
    BEGINNINGS.iter().any(|beginning| {
        let head = text.get(..beginning.len());
        head.is_some_and(|head| head.eq_ignore_ascii_case(beginning))
    })
}

/// What the first bytes say: `Untold` if there is nothing to go by.
pub(crate) fn sniffed(head: &[u8]) -> Content {
    const MARKS: &[&[u8]] = &[b"RIFF", b"RIFX", b"ID3", b"OggS", b"FORM", b".snd", b"fLaC"];
    const LISTS: &[&[u8]] = &[b"#extm3u", b"[playlist]"];
    let text = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
    let text = text.trim_ascii_start();
    if text.starts_with(b"<") {
        return Content::Document;
    }
    let is_list = LISTS.iter().any(|mark| {
        let head = text.get(..mark.len());
        head.is_some_and(|head| head.eq_ignore_ascii_case(mark))
    });
    // An MPEG frame's sync: eleven bits, then a version and a layer that are not reserved.
    let mpeg = head.len() > 1 && head[0] == 0xff && head[1] & 0xe0 == 0xe0 && head[1] & 6 != 0;
    // AAC in ADTS has the same sync and no layer; MP4 has its mark behind a size.
    let aac = head.len() > 1 && head[0] == 0xff && head[1] & 0xf6 == 0xf0;
    let mpeg = mpeg || aac || head.get(4..8) == Some(&b"ftyp"[..]);
    if mpeg || is_list || MARKS.iter().any(|mark| head.starts_with(mark)) {
        return Content::Audio;
    }
    if head.is_empty() {
        return Content::Untold;
    }
    Content::Other
}
