//! Shoutcast: servers that respond with `ICY 200 OK`. The HTTP client reads such a response as
//! HTTP/0.9, without a head; the head is parsed here. Other HTTP/0.9 responses are rejected.

use confab_switchboard::FetchError;
use futures_util::StreamExt;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Body, Response, StatusCode, Version};

use crate::failure;
use crate::limits::ICY_HEAD_BYTES_MAX;

const ICY: &[u8] = b"ICY ";
/// Ends of a head; some servers send bare line feeds.
const ENDS: [&[u8]; 2] = [b"\r\n\r\n", b"\n\n"];

/// Converts a Shoutcast response to HTTP; other responses are returned unchanged. Waits for the
/// head.
pub(crate) async fn understood(mut response: Response) -> Result<Response, FetchError> {
    if response.version() != Version::HTTP_09 {
        return Ok(response);
    }
    if response.url().scheme() != "http" {
        return Err(no_http());
    }
    let mut bytes = Vec::new();
    let end = loop {
        let chunk = response.chunk().await;
        let chunk = chunk.map_err(|error| failure::from_client(&error))?;
        bytes.extend_from_slice(&chunk.ok_or_else(no_http)?);
        let known = bytes.len().min(ICY.len());
        if bytes[..known] != ICY[..known] {
            return Err(no_http());
        }
        if let Some(end) = end(&bytes) {
            break end;
        }
        if bytes.len() > ICY_HEAD_BYTES_MAX {
            return Err(no_http());
        }
    };
    let (status, headers) = head(&bytes).ok_or_else(no_http)?;
    let begun = bytes.split_off(end);
    let begun = futures_util::stream::once(async { Ok(begun.into()) });
    let whole = begun.chain(response.bytes_stream());
    let mut http = http::Response::new(Body::wrap_stream(whole));
    *http.status_mut() = status;
    *http.headers_mut() = headers;
    Ok(http.into())
}

/// Returns the length of the head including the end mark, if the mark was received.
fn end(bytes: &[u8]) -> Option<usize> {
    let ends = ENDS.iter().filter_map(|end| {
        let at = bytes.windows(end.len()).position(|bytes| bytes == *end)?;
        Some(at + end.len())
    });
    ends.min()
}

/// Parses the head; a header that is invalid in HTTP is skipped.
fn head(bytes: &[u8]) -> Option<(StatusCode, HeaderMap)> {
    let text = String::from_utf8_lossy(bytes);
    let mut lines = text.lines();
    let status = lines.next()?.split_ascii_whitespace().nth(1)?;
    let status = StatusCode::from_bytes(status.as_bytes()).ok()?;
    let pairs = lines.filter_map(|line| line.split_once(':'));
    let headers = pairs.filter_map(|(name, value)| {
        let name = HeaderName::try_from(name.trim()).ok()?;
        Some((name, HeaderValue::try_from(value.trim()).ok()?))
    });
    Some((status, headers.collect()))
}

fn no_http() -> FetchError {
    failure::connection("the server does not answer in HTTP; is it the right port?")
}
