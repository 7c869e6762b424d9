//! Rejected updates as Notifications: request and response. Requests without authentication, and
//! requests beyond the rate limit, leave no Notification.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::Response;
use confab_store::{Entry, Store};
use confab_switchboard::{Exchange, Notice, Severity};
use confab_terms::limits::NOTICE_FIELDS_BYTES_MAX;
use confab_terms::{CallSid, ConferenceSid, Sid, WallTime};
use http_body_util::BodyExt as _;
use serde_json::Value;

use crate::Dialect;
use crate::form::Fields;

/// Maximum number of bytes of a rejected request that are copied: the shown fields, encoded.
const COPIED_BYTES_MAX: usize = 3 * NOTICE_FIELDS_BYTES_MAX;
/// Parameter that no Notification shows.
const SECRET: &str = "SipAuthPassword";
const HIDDEN: &str = "***";
/// Maximum number of bytes of a response that are copied.
const ANSWER_BYTES_MAX: usize = 64 * 1024;

/// Update in progress.
pub(crate) struct Watched {
    /// URI as sent.
    uri: String,
    call: Option<CallSid>,
    conference: Option<ConferenceSid>,
    headers: HeaderMap,
    copied: Arc<Mutex<Vec<u8>>>,
}

/// Copies the beginning of an update's body while the body is read. `uri`: as sent.
pub(crate) fn watch(dialect: Dialect, request: Request, uri: String) -> (Request, Option<Watched>) {
    if request.method() != Method::POST {
        return (request, None);
    }
    let copied = Arc::<Mutex<Vec<u8>>>::default();
    let path = request.uri().path();
    let mut headers = HeaderMap::new();
    if let Some(kind) = request.headers().get(header::CONTENT_TYPE) {
        headers.insert(header::CONTENT_TYPE, kind.clone());
    }
    let watched = Watched {
        uri,
        call: after(dialect, path, "Participants").or_else(|| after(dialect, path, "Calls")),
        conference: after(dialect, path, "Conferences"),
        headers,
        copied: Arc::clone(&copied),
    };
    let request = request.map(|body| {
        Body::new(body.map_frame(move |frame| {
            if let Some(data) = frame.data_ref() {
                let mut copied = copied.lock().unwrap_or_else(PoisonError::into_inner);
                let room = COPIED_BYTES_MAX - copied.len();
                copied.extend(data.iter().take(room));
            }
            frame
        }))
    });
    (request, Some(watched))
}

/// Returns the sid after the segment `part` of a path.
fn after<S: Sid>(dialect: Dialect, path: &str, part: &str) -> Option<S> {
    let mut parts = path.split('/').skip_while(|one| *one != part);
    dialect.read(parts.nth(1)?)
}

/// Returns the response; stores a Notification if the update was rejected.
pub(crate) async fn tell(
    store: &dyn Store,
    watched: Option<Watched>,
    response: Response,
) -> Response {
    let status = response.status();
    let Some(watched) = watched.filter(|_| is_told(status)) else {
        return response;
    };
    let (parts, body) = response.into_parts();
    let body = to_bytes(body, ANSWER_BYTES_MAX).await.unwrap_or_default();
    store.keep(Entry::Notice(
        notice(watched, status, &parts.headers, &body).await,
    ));
    Response::from_parts(parts, Body::from(body))
}

fn is_told(status: StatusCode) -> bool {
    status.is_client_error()
        && !matches!(
            status,
            StatusCode::UNAUTHORIZED | StatusCode::TOO_MANY_REQUESTS
        )
}

async fn notice(watched: Watched, status: StatusCode, headers: &HeaderMap, body: &Bytes) -> Notice {
    let copied = std::mem::take(
        &mut *watched
            .copied
            .lock()
            .unwrap_or_else(PoisonError::into_inner),
    );
    // A body that is not a valid form is not shown as a form.
    let query = watched.uri.split_once('?').map(|(_, query)| query);
    let fields = Fields::of_request(query, &watched.headers, Body::from(copied)).await;
    let answer: Value = serde_json::from_slice(body).unwrap_or_default();
    let code = answer["code"]
        .as_u64()
        .and_then(|code| code.try_into().ok());
    let text = |(name, value): (&header::HeaderName, &header::HeaderValue)| {
        let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
        (name.to_string(), value)
    };
    let exchange = Exchange {
        fields: without_secrets(fields.unwrap_or_default()),
        status: Some(status.as_u16()),
        headers: headers.iter().map(text).collect(),
        body: Exchange::body_text(body),
    };
    Notice {
        code: code.unwrap_or_default(),
        severity: Severity::Error,
        message: answer["message"].as_str().unwrap_or_default().to_owned(),
        at: now(),
        call: watched.call,
        conference: watched.conference,
        url: Some(without_secret(watched.uri)),
        method: Some(confab_terms::Method::Post),
        exchange: Some(Box::new(exchange)),
    }
}

/// Returns the fields as a Notification shows them, without secrets.
fn without_secrets(fields: Fields) -> Vec<(String, String)> {
    let mut pairs = fields.into_pairs();
    for (name, value) in &mut pairs {
        if name == SECRET {
            HIDDEN.clone_into(value);
        }
    }
    pairs
}

/// Returns the URI as a Notification shows it: without its query if the query has a secret.
fn without_secret(uri: String) -> String {
    match uri.split_once('?') {
        Some((path, query)) if query.contains(SECRET) => path.to_owned(),
        _ => uri,
    }
}

pub(crate) fn now() -> WallTime {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    let ms = since.map_or(0, |since| since.as_millis());
    WallTime(i64::try_from(ms).unwrap_or(i64::MAX))
}
