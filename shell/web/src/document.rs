//! Reading documents: whole, within the limit of their size.

use confab_switchboard::{Fetch, FetchError, Fetched};
use reqwest::header::HeaderMap;

use crate::body::Body;
use crate::content::{self, Content};
use crate::exchange::{Answer, Ask};
use crate::failure;
use crate::web::Shared;

impl Shared {
    pub(crate) async fn fetch_document(&self, fetch: &Fetch) -> Result<Fetched, FetchError> {
        let Answer { response, base } = self.exchange(&ask(fetch, HeaderMap::new())).await?;
        let mut body = Body::new(response);
        match read(&mut body).await {
            Ok(body) => {
                let url = base.to_string();
                Ok(Fetched::Document { body, url })
            }
            Err(error) => Err(body.witness(error).await),
        }
    }
}

async fn read(body: &mut Body) -> Result<Vec<u8>, FetchError> {
    check_success(body)?;
    let essence = content::essence(body.headers());
    if body.status() == 204 {
        return body.document().await;
    }
    let content = match content::told(&essence) {
        Content::Untold => content::sniffed(body.head().await?),
        told => told,
    };
    // Untold after sniffing means empty: no document is a document that does nothing.
    match content {
        Content::Document | Content::Untold => body.document().await,
        Content::Audio | Content::Other => Err(unfit(&essence, "text/xml", body.status())),
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

pub(crate) fn check_success(body: &Body) -> Result<(), FetchError> {
    let status = body.status();
    if !(200..300).contains(&status) {
        return Err(failure::status(status));
    }
    if content::is_compressed(body.headers()) {
        let message = "the body is compressed although that was not asked for; send it plain";
        return Err(failure::content_type(message, status));
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
