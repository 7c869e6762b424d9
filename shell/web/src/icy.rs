//! Shoutcast: servers that answer `ICY 200 OK`. The HTTP client reads such an answer as HTTP/0.9,
//! all of it body; its head is read here. Any other HTTP/0.9 answer is refused.

use confab_switchboard::FetchError;
use futures_util::StreamExt;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Body, Response, StatusCode, Version};

use crate::failure;
use crate::limits::ICY_HEAD_BYTES_MAX;

const ICY: &[u8] = b"ICY ";
/// Ends of a head; some servers send bare line feeds.
const ENDS: [&[u8]; 2] = [b"\r\n\r\n", b"\n\n"];

/// Returns the response as HTTP has it. Its head may be on its way still.
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

/// Returns the length of the head with its end, if the end is there.
fn end(bytes: &[u8]) -> Option<usize> {
    let ends = ENDS.iter().filter_map(|end| {
        let at = bytes.windows(end.len()).position(|bytes| bytes == *end)?;
        Some(at + end.len())
    });
    ends.min()
}

/// Reads the head; a header that HTTP does not allow is left out.
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
