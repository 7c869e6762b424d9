//! Classification of a body as document or audio: by the content type or, if that is inconclusive,
//! by the first bytes.

use reqwest::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderMap};

/// Class of a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Content {
    Document,
    Audio,
    /// Unknown: the header is absent, or `application/octet-stream`; the bytes decide.
    Untold,
    Other,
}

/// Returns the content type without parameters, in lower case; empty if absent.
pub(crate) fn essence(headers: &HeaderMap) -> String {
    let value = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    let value = value.unwrap_or_default();
    let essence = value.split(';').next().unwrap_or_default();
    essence.trim().to_ascii_lowercase()
}

/// Returns whether a body is compressed. confab never requests compression: decompressed data has
/// no size limit.
pub(crate) fn is_compressed(headers: &HeaderMap) -> bool {
    headers
        .get(CONTENT_ENCODING)
        .is_some_and(|value| value != "identity")
}

/// Classifies a content type.
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

/// Returns whether the first bytes are not text.
pub(crate) fn is_binary(head: &[u8]) -> bool {
    let text = |byte: &u8| !byte.is_ascii_control() || byte.is_ascii_whitespace();
    !head.iter().all(text) || std::str::from_utf8(head).is_err_and(|e| e.error_len().is_some())
}

/// Returns whether a text is a document, or an HTML page instead, regardless of the content type.
pub(crate) fn is_markup(text: &str) -> bool {
    const BEGINNINGS: &[&str] = &["<?xml", "<response", "<!--", "<!doctype", "<html"];
    let text = text.trim_start_matches('\u{feff}').trim_start();
    BEGINNINGS.iter().any(|beginning| {
        let head = text.get(..beginning.len());
        head.is_some_and(|head| head.eq_ignore_ascii_case(beginning))
    })
}

/// Classifies the first bytes; `Untold` if there are none.
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
    // Sync word of an MPEG frame: eleven bits, then a version and a layer that are not reserved.
    let mpeg = head.len() > 1 && head[0] == 0xff && head[1] & 0xe0 == 0xe0 && head[1] & 6 != 0;
    // AAC in ADTS has the same sync word and layer 0; MP4 has `ftyp` after a size.
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
