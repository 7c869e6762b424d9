//! Body of a response while it is received. The beginning can be inspected, and is kept for the
//! notice of a failure.

use confab_switchboard::{Exchange, FetchError};
use confab_terms::limits::{DOCUMENT_BYTES_MAX, NOTICE_BODY_BYTES_MAX, NOTICE_HEADERS_BYTES_MAX};
use reqwest::Response;
use reqwest::header::{HeaderMap, SET_COOKIE};
use tokio::time::timeout;
use url::Url;

use crate::exchange::Answer;
use crate::failure;
use crate::limits::{SNIFF_BYTES, WITNESS_WAIT};

/// Body whose beginning may have been inspected.
pub(crate) struct Body {
    response: Response,
    /// Bytes that were read and not returned yet.
    head: Vec<u8>,
    /// First bytes of the body, for a notice.
    seen: Vec<u8>,
    ended: bool,
    exempt: bool,
}

impl Body {
    pub(crate) fn new(response: Response) -> Self {
        Self {
            response,
            head: Vec::new(),
            seen: Vec::new(),
            ended: false,
            exempt: false,
        }
    }

    /// Returns the body of a response, with the exemption from the address check.
    pub(crate) fn of(answer: Answer) -> Self {
        Self {
            exempt: answer.exempt,
            ..Self::new(answer.response)
        }
    }

    /// Returns whether a URL in this body keeps the exemption: all hops were exempt, and the URL
    /// has the same host.
    pub(crate) fn may_exempt(&self, url: &Url) -> bool {
        self.exempt && url.host() == self.url().host()
    }

    pub(crate) fn status(&self) -> u16 {
        self.response.status().as_u16()
    }

    pub(crate) fn headers(&self) -> &HeaderMap {
        self.response.headers()
    }

    /// Returns the URL of the response.
    pub(crate) fn url(&self) -> &Url {
        self.response.url()
    }

    /// Returns the content length that the server declares.
    pub(crate) fn declared(&self) -> Option<u64> {
        self.response.content_length()
    }

    /// Returns the first bytes, at least `SNIFF_BYTES` if the body is that long, without consuming
    /// them.
    pub(crate) async fn head(&mut self) -> Result<&[u8], FetchError> {
        while !self.ended && self.head.len() < SNIFF_BYTES {
            match self.read().await? {
                Some(chunk) => self.head.extend_from_slice(&chunk),
                None => break,
            }
        }
        Ok(&self.head)
    }

    /// Returns the bytes that arrive first without consuming them; empty if the body is empty.
    pub(crate) async fn peek(&mut self) -> Result<&[u8], FetchError> {
        if !self.ended && self.head.is_empty() {
            let first = self.read().await?;
            self.head.extend(first.into_iter().flatten());
        }
        Ok(&self.head)
    }

    /// Returns the next bytes; `None` at the end.
    pub(crate) async fn next(&mut self) -> Result<Option<Vec<u8>>, FetchError> {
        if !self.head.is_empty() {
            return Ok(Some(std::mem::take(&mut self.head)));
        }
        self.read().await
    }

    async fn read(&mut self) -> Result<Option<Vec<u8>>, FetchError> {
        if self.ended {
            return Ok(None);
        }
        let chunk = self.response.chunk().await;
        let chunk = chunk.map_err(|error| failure::from_client(&error))?;
        match &chunk {
            Some(chunk) => {
                let room = NOTICE_BODY_BYTES_MAX - self.seen.len();
                self.seen.extend(chunk.iter().take(room));
            }
            None => self.ended = true,
        }
        Ok(chunk.map(|chunk| chunk.to_vec()))
    }

    /// Reads the whole body as a document.
    pub(crate) async fn document(&mut self) -> Result<Vec<u8>, FetchError> {
        let status = self.status();
        let most = DOCUMENT_BYTES_MAX;
        let too_large = || {
            let message = format!("the document has more than {most} bytes");
            failure::too_large(message, status)
        };
        if self.declared().is_some_and(|size| size > most as u64) {
            return Err(too_large());
        }
        let mut body = Vec::new();
        while let Some(bytes) = self.next().await? {
            if body.len() + bytes.len() > most {
                return Err(too_large());
            }
            body.extend_from_slice(&bytes);
        }
        Ok(body)
    }

    /// Adds the received part of the body to an error, with the bytes that arrive within
    /// `WITNESS_WAIT`.
    pub(crate) async fn witness(mut self, error: FetchError) -> FetchError {
        let more = async {
            while self.seen.len() < NOTICE_BODY_BYTES_MAX {
                if !matches!(self.read().await, Ok(Some(_))) {
                    return;
                }
            }
        };
        let _waited_long_enough = timeout(WITNESS_WAIT, more).await;
        // A body with a zero byte is not text, and useless in a notice.
        let body = match self.seen.contains(&0) {
            true => String::new(),
            false => Exchange::body_text(&self.seen),
        };
        let exchange = Exchange {
            fields: Vec::new(),
            status: Some(self.status()),
            headers: shown(self.headers()),
            body,
        };
        FetchError {
            exchange: Some(Box::new(exchange)),
            ..error
        }
    }
}

/// Returns as many headers as a notice keeps. Cookies are omitted: they are secrets of the
/// application.
fn shown(headers: &HeaderMap) -> Vec<(String, String)> {
    let mut room = NOTICE_HEADERS_BYTES_MAX;
    let pairs = headers.iter().filter(|(name, _)| **name != SET_COOKIE);
    let mut kept = Vec::new();
    for (name, value) in pairs {
        let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
        let Some(left) = room.checked_sub(name.as_str().len() + value.len()) else {
            break;
        };
        room = left;
        kept.push((name.to_string(), value));
    }
    kept
}
