//! Documents of calls: requested anew each time, distinguished from audio and plain text, read
//! whole.

use confab_switchboard::{Fetch, FetchError, Fetched};
use reqwest::header::HeaderMap;

use crate::body::Body;
use crate::cache::Asked;
use crate::charset;
use crate::content::{self, Content};
use crate::exchange::Ask;
use crate::failure;
use crate::hop::Hop;
use crate::jar::Jar;
use crate::web::Web;

/// Kind of a response where a document is expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Came {
    /// Document, or content that the document parser rejects.
    Document,
    /// `text/plain`: text to speak, or a document.
    Text,
    Audio,
}

impl Web {
    pub(crate) async fn fetch_document(
        &self,
        fetch: &Fetch,
        jar: &mut Jar,
    ) -> Result<Fetched, FetchError> {
        let ask = ask(fetch, HeaderMap::new(), false);
        let answer = self.shared.exchange(&ask, jar).await?;
        let base = answer.base.clone();
        let mut body = Body::of(answer);
        match judge(&mut body).await {
            Ok(Came::Audio) => {
                let hop = Hop::first(fetch.method, &fetch.url, &fetch.fields, false)?;
                self.stream(fetch, &Asked::of(&hop, None), body).await
            }
            Ok(came) => read(came, body, base.into()).await,
            Err(error) => Err(body.witness(error).await),
        }
    }
}

/// Classifies a response: audio by type or first bytes, a document under any text or XML type.
pub(crate) async fn judge(body: &mut Body) -> Result<Came, FetchError> {
    check_success(body)?;
    if body.status() == 204 {
        return Ok(Came::Document);
    }
    let status = body.status();
    let essence = content::essence(body.headers());
    let told = content::told(&essence);
    if told == Content::Audio {
        return Ok(Came::Audio);
    }
    let is_plain = essence == "text/plain";
    let is_text = told == Content::Document || essence.starts_with("text/");
    let is_video = essence.starts_with("video/");
    let head = body.head().await?;
    // The byte order mark of UTF-16 equals the beginning of MPEG audio.
    let is_utf_16 = head.starts_with(b"\xff\xfe");
    match content::sniffed(head) {
        Content::Audio if !is_utf_16 => Ok(Came::Audio),
        // An empty body is a document without verbs.
        Content::Untold => Ok(Came::Document),
        _ if is_plain => Ok(Came::Text),
        _ if is_text => Ok(Came::Document),
        Content::Document if told == Content::Untold => Ok(Came::Document),
        // The decoder rejects the body if it is not audio.
        _ if (told == Content::Untold || is_video) && content::is_binary(head) => Ok(Came::Audio),
        _ => {
            let wanted = "a document (text/xml), audio or text/plain";
            Err(unfit(&essence, wanted, status))
        }
    }
}

/// Reads a document or text to the end.
pub(crate) async fn read(came: Came, mut body: Body, url: String) -> Result<Fetched, FetchError> {
    let bytes = match body.document().await {
        Ok(bytes) => bytes,
        Err(error) => return Err(body.witness(error).await),
    };
    if came == Came::Text {
        let text = charset::text(&bytes, body.headers());
        if !content::is_markup(&text) {
            return Ok(Fetched::Text(text));
        }
    }
    let body = charset::document(bytes, body.headers());
    Ok(Fetched::Document { body, url })
}

/// Returns the request of a fetch, without fields if `bare`. The request of a fetch with fields is
/// signed.
pub(crate) fn ask(fetch: &Fetch, conditions: HeaderMap, bare: bool) -> Ask<'_> {
    Ask {
        method: fetch.method,
        url: &fetch.url,
        fields: if bare { &[] } else { &fetch.fields },
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
