//! Reading documents: whole, within the limit of their size.

use confab_switchboard::{Fetch, FetchError, Fetched};
use confab_terms::limits::DOCUMENT_BYTES_MAX;
use reqwest::Response;
use reqwest::header::HeaderMap;
use url::Url;

use crate::content::{self, Content};
use crate::exchange::{Answer, Ask};
use crate::failure;
use crate::web::Shared;

impl Shared {
    pub(crate) async fn fetch_document(&self, fetch: &Fetch) -> Result<Fetched, FetchError> {
        let Answer { response, base } = self.exchange(&ask(fetch, HeaderMap::new())).await?;
        check_success(&response)?;
        let essence = content::essence(response.headers());
        let status = response.status().as_u16();
        let told = content::told(&essence);
        let mut body = Body::new(response);
        if status == 204 {
            return body.into_document(&base).await;
        }
        let content = match told {
            Content::Untold => content::sniffed(body.head().await?),
            told => told,
        };
        // Untold after sniffing means empty: no document is a document that does nothing.
        match content {
            Content::Document | Content::Untold => body.into_document(&base).await,
            Content::Audio | Content::Other => Err(unfit(&essence, "text/xml", status)),
        }
    }
}

/// The question that a fetch asks; signed if it says something.
pub(crate) fn ask(fetch: &Fetch, conditions: HeaderMap) -> Ask<'_> {
    Ask {
        method: fetch.method,
        url: &fetch.url,
        fields: &fetch.fields,
        time_outs: fetch.time_outs,
        conditions,
        signed: !fetch.fields.is_empty(),
    }
}

pub(crate) fn check_success(response: &Response) -> Result<(), FetchError> {
    let status = response.status();
    if !status.is_success() {
        return Err(failure::status(status.as_u16()));
    }
    if content::is_compressed(response.headers()) {
        let message = "the body is compressed although that was not asked for; send it plain";
        return Err(failure::content_type(message, status.as_u16()));
    }
    Ok(())
}

pub(crate) fn unfit(essence: &str, wanted: &str, status: u16) -> FetchError {
    let was = if essence.is_empty() {
        "no content type, and bytes that tell nothing"
    } else {
        essence
    };
    failure::content_type(format!("{was} came; send {wanted}"), status)
}

/// A body, of which the beginning may have been looked at.
pub(crate) struct Body {
    response: Response,
    head: Vec<u8>,
    ended: bool,
}

impl Body {
    pub(crate) fn new(response: Response) -> Self {
        Self {
            response,
            head: Vec::new(),
            ended: false,
        }
    }

    /// The first bytes, left in place: `SNIFF_BYTES` of them if there are as many.
    pub(crate) async fn head(&mut self) -> Result<&[u8], FetchError> {
        while !self.ended && self.head.len() < crate::limits::SNIFF_BYTES {
            match self.response.chunk().await {
                Ok(Some(chunk)) => self.head.extend_from_slice(&chunk),
                Ok(None) => self.ended = true,
                Err(error) => return Err(failure::from_client(&error)),
            }
        }
        Ok(&self.head)
    }

    /// The next bytes; none at the end.
    pub(crate) async fn next(&mut self) -> Result<Option<Vec<u8>>, FetchError> {
        if !self.head.is_empty() {
            return Ok(Some(std::mem::take(&mut self.head)));
        }
        if self.ended {
            return Ok(None);
        }
        let chunk = self.response.chunk().await;
        let chunk = chunk.map_err(|error| failure::from_client(&error))?;
        Ok(chunk.map(|chunk| chunk.to_vec()))
    }

    /// Everything, as a document.
    pub(crate) async fn into_document(mut self, base: &Url) -> Result<Fetched, FetchError> {
        let status = self.response.status().as_u16();
        let most = DOCUMENT_BYTES_MAX;
        let too_large = || {
            let message = format!("the document has more than {most} bytes");
            failure::too_large(message, status)
        };
        let declared = self.response.content_length();
        if declared.is_some_and(|declared| declared > most as u64) {
            return Err(too_large());
        }
        let mut body = Vec::new();
        while let Some(bytes) = self.next().await? {
            if body.len() + bytes.len() > most {
                return Err(too_large());
            }
            body.extend_from_slice(&bytes);
        }
        let url = base.to_string();
        Ok(Fetched::Document { body, url })
    }

    /// What the server says it is long.
    pub(crate) fn declared(&self) -> Option<u64> {
        self.response.content_length()
    }
}
