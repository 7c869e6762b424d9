//! A body on its way in: its beginning may be looked at, and is remembered for whoever has to
//! find out why it was of no use.

use confab_switchboard::{Exchange, FetchError};
use confab_terms::limits::{DOCUMENT_BYTES_MAX, NOTICE_BODY_BYTES_MAX, NOTICE_HEADERS_BYTES_MAX};
use reqwest::Response;
use reqwest::header::{HeaderMap, SET_COOKIE};
use tokio::time::timeout;
use url::Url;

use crate::exchange::Answer;
use crate::failure;
use crate::limits::{SNIFF_BYTES, WITNESS_WAIT};

/// A body, of which the beginning may have been looked at.
pub(crate) struct Body {
    response: Response,
    /// Read, but not taken yet.
    head: Vec<u8>,
    /// The first bytes, taken or not.
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

    /// Returns the body of an answer, with its exemption from the address check.
    pub(crate) fn of(answer: Answer) -> Self {
        Self {
            exempt: answer.exempt,
            ..Self::new(answer.response)
        }
    }

    /// Returns whether a URL in this body may be the operator's own host and port: one of the same
    /// host, where no other host was involved.
    pub(crate) fn may_exempt(&self, url: &Url) -> bool {
        self.exempt && url.host() == self.url().host()
    }

    pub(crate) fn status(&self) -> u16 {
        self.response.status().as_u16()
    }

    pub(crate) fn headers(&self) -> &HeaderMap {
        self.response.headers()
    }

    /// The URL that answered.
    pub(crate) fn url(&self) -> &Url {
        self.response.url()
    }

    /// What the server says it is long.
    pub(crate) fn declared(&self) -> Option<u64> {
        self.response.content_length()
    }

    /// The first bytes, left in place: `SNIFF_BYTES` of them if there are as many.
    pub(crate) async fn head(&mut self) -> Result<&[u8], FetchError> {
        while !self.ended && self.head.len() < SNIFF_BYTES {
            match self.read().await? {
                Some(chunk) => self.head.extend_from_slice(&chunk),
                None => break,
            }
        }
        Ok(&self.head)
    }

    /// The bytes that come first, left in place; none if the body is empty.
    pub(crate) async fn peek(&mut self) -> Result<&[u8], FetchError> {
        if !self.ended && self.head.is_empty() {
            let first = self.read().await?;
            self.head.extend(first.into_iter().flatten());
        }
        Ok(&self.head)
    }

    /// The next bytes; none at the end.
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

    /// Everything, as a document.
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

    /// Adds to what went wrong what had come, and what comes within a moment.
    pub(crate) async fn witness(mut self, error: FetchError) -> FetchError {
        let more = async {
            while self.seen.len() < NOTICE_BODY_BYTES_MAX {
                if !matches!(self.read().await, Ok(Some(_))) {
                    return;
                }
            }
        };
        let _waited_long_enough = timeout(WITNESS_WAIT, more).await;
        // What holds a zero byte is no text, and nobody reads it.
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

/// As much of them as a notice keeps; a cookie is a secret of the application's.
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
