//! File as a response: the whole file, a range (RFC 9110 §14), or 304 if the client has it.

use std::io::SeekFrom;
use std::path::Path;

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::stream::unfold;
use tokio::fs::File;
use tokio::io::{AsyncReadExt, AsyncSeekExt};

const CHUNK_BYTES: u64 = 64 * 1024;

/// Requested part of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wanted {
    Whole,
    /// First and last byte, inclusive.
    Part(u64, u64),
    Nothing,
}

/// Returns the requested part of a file as a response. `tag`: the ETag of the file's current
/// version.
pub(crate) async fn file(
    path: &Path,
    kind: &'static str,
    tag: &str,
    headers: &HeaderMap,
) -> std::io::Result<Response> {
    let mut file = File::open(path).await?;
    if is_current(headers, tag) {
        let mut response = StatusCode::NOT_MODIFIED.into_response();
        put(&mut response, header::ETAG, tag);
        return Ok(response);
    }
    let length = file.metadata().await?.len();
    let said = |name| headers.get(name).and_then(|value| value.to_str().ok());
    // A range of another version is useless: the whole file is sent.
    let same = said(header::IF_RANGE).is_none_or(|version| version == tag);
    let range = said(header::RANGE).filter(|_| same);
    let (status, first, count) = match range.map_or(Wanted::Whole, |range| wanted(range, length)) {
        Wanted::Whole => (StatusCode::OK, 0, length),
        Wanted::Part(first, last) => (StatusCode::PARTIAL_CONTENT, first, last - first + 1),
        Wanted::Nothing => {
            let mut response = StatusCode::RANGE_NOT_SATISFIABLE.into_response();
            put(
                &mut response,
                header::CONTENT_RANGE,
                &format!("bytes */{length}"),
            );
            return Ok(response);
        }
    };
    file.seek(SeekFrom::Start(first)).await?;
    let mut response = (status, body(file, count)).into_response();
    put(&mut response, header::CONTENT_TYPE, kind);
    put(&mut response, header::CONTENT_LENGTH, &count.to_string());
    put(&mut response, header::ACCEPT_RANGES, "bytes");
    put(&mut response, header::ETAG, tag);
    if status == StatusCode::PARTIAL_CONTENT {
        let last = first + count - 1;
        let range = format!("bytes {first}-{last}/{length}");
        put(&mut response, header::CONTENT_RANGE, &range);
    }
    Ok(response)
}

/// Returns true if `If-None-Match` names this version (RFC 9110 §13.1.2: weak comparison).
fn is_current(headers: &HeaderMap, tag: &str) -> bool {
    let lists = headers.get_all(header::IF_NONE_MATCH).iter();
    let mut tags = lists
        .filter_map(|list| list.to_str().ok())
        .flat_map(|list| list.split(','));
    tags.any(|one| {
        let one = one.trim();
        one == "*" || one.strip_prefix("W/").unwrap_or(one) == tag
    })
}

fn put(response: &mut Response, name: header::HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
}

/// Returns the next `count` bytes of a file as a body, in chunks of 64 KiB.
fn body(file: File, count: u64) -> Body {
    Body::from_stream(unfold((file, count), |(mut file, left)| async move {
        if left == 0 {
            return None;
        }
        let size = usize::try_from(left.min(CHUNK_BYTES)).unwrap_or(0);
        let mut chunk = vec![0; size];
        let read = file.read_exact(&mut chunk).await;
        let rest = left - size as u64;
        Some((read.map(|_| Bytes::from(chunk)), (file, rest)))
    }))
}

/// Parses a single range; several ranges, or an invalid range, are ignored (RFC 9110 §14.2).
fn wanted(range: &str, length: u64) -> Wanted {
    let parts = range.strip_prefix("bytes=").and_then(|r| r.split_once('-'));
    let Some((first, last)) = parts else {
        return Wanted::Whole;
    };
    match (first.trim(), last.trim()) {
        ("", last) => match last.parse::<u64>() {
            Ok(0) => Wanted::Nothing,
            Ok(_) if length == 0 => Wanted::Nothing,
            Ok(count) => Wanted::Part(length.saturating_sub(count), length - 1),
            Err(_) => Wanted::Whole,
        },
        (first, last) => {
            let last = match last {
                "" => Ok(u64::MAX),
                last => last.parse::<u64>(),
            };
            match (first.parse::<u64>(), last) {
                (Ok(first), Ok(last)) if first > last => Wanted::Whole,
                (Ok(first), Ok(_)) if first >= length => Wanted::Nothing,
                (Ok(first), Ok(last)) => Wanted::Part(first, last.min(length - 1)),
                _ => Wanted::Whole,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Wanted, wanted};

    #[test]
    fn a_range_is_read_as_rfc_9110_has_it() {
        for (range, is) in [
            ("bytes=0-0", Wanted::Part(0, 0)),
            ("bytes=2-", Wanted::Part(2, 9)),
            ("bytes=2-99", Wanted::Part(2, 9)),
            ("bytes=-3", Wanted::Part(7, 9)),
            ("bytes=-99", Wanted::Part(0, 9)),
            ("bytes=10-", Wanted::Nothing),
            ("bytes=-0", Wanted::Nothing),
            ("bytes=5-2", Wanted::Whole),
            ("bytes=0-1,4-5", Wanted::Whole),
            ("bytes=x-", Wanted::Whole),
            ("lines=1-2", Wanted::Whole),
        ] {
            assert_eq!(wanted(range, 10), is, "{range}");
        }
        assert_eq!(wanted("bytes=0-", 0), Wanted::Nothing);
    }
}
