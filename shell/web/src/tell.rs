//! One attempt to deliver an event.

use std::time::{Duration, SystemTime};

use confab_switchboard::FetchError;
use http::{HeaderName, HeaderValue};
use reqwest::header::HeaderMap;
use tokio::time::timeout;

use crate::body::Body;
use crate::callbacks::{Callback, Event};
use crate::exchange::Ask;
use crate::failure;
use crate::jar::Jar;
use crate::limits::CALLBACK_ANSWER_BYTES_MAX;
use crate::retry_after::retry_after;
use crate::web::Shared;

/// Header with the idempotency token of an event.
const IDEMPOTENCY_TOKEN: HeaderName = HeaderName::from_static("i-twilio-idempotency-token");

/// Failure of an attempt.
pub(crate) struct NotTold {
    pub(crate) error: FetchError,
    pub(crate) retry_after: Option<Duration>,
}

impl From<FetchError> for NotTold {
    fn from(error: FetchError) -> Self {
        let retry_after = None;
        Self { error, retry_after }
    }
}

impl Shared {
    /// Makes one attempt.
    pub(crate) async fn tell(&self, event: &Event) -> Result<(), NotTold> {
        let callback: &Callback = &event.callback;
        let mut headers = HeaderMap::new();
        if let Ok(token) = HeaderValue::try_from(&event.token) {
            headers.insert(IDEMPOTENCY_TOKEN, token);
        }
        let ask = Ask {
            method: callback.method,
            url: &callback.url,
            fields: &callback.fields,
            time_outs: callback.time_outs,
            conditions: headers,
            signed: true,
        };
        // Events carry no cookies: no vendor documents cookies for events.
        let mut jar = Jar::default();
        let mut body = Body::new(self.exchange(&ask, &mut jar).await?.response);
        let status = body.status();
        if !(200..300).contains(&status) {
            let retry_after = retry_after(body.headers(), SystemTime::now());
            let error = body.witness(failure::status(status)).await;
            return Err(NotTold { error, retry_after });
        }
        // The content of the response is ignored, but the connection is reusable only after reading
        // it.
        let mut read = 0;
        let rest = async {
            while let Ok(Some(chunk)) = body.next().await {
                read += chunk.len();
                if read > CALLBACK_ANSWER_BYTES_MAX {
                    return;
                }
            }
        };
        let _ = timeout(Duration::from_secs(1), rest).await;
        Ok(())
    }
}
