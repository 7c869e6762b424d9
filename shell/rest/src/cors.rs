//! Cross-origin requests (the Fetch standard's CORS protocol) for the configured origins.
//!
//! `tower-http`'s layer answers every OPTIONS request itself, so `Allow` would be lost.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_METHOD, ORIGIN,
    VARY,
};
use axum::http::{HeaderValue, Method};
use axum::middleware::{self, Next};
use axum::response::Response;

const METHODS: HeaderValue = HeaderValue::from_static("GET, POST, DELETE");
const REQUEST_HEADERS: HeaderValue =
    HeaderValue::from_static("Authorization, Content-Type, If-None-Match");
const EXPOSED: HeaderValue = HeaderValue::from_static("ETag, X-Applied-Tick");
/// Time for which a browser may keep the response to a preflight request.
const MAX_AGE: Duration = Duration::from_secs(600);

/// Adds CORS headers to the responses of a router. Without origins the router is unchanged.
pub(crate) fn with_origins(router: Router, origins: &[String]) -> Router {
    let origins: Arc<[String]> = origins.into();
    match origins.is_empty() {
        true => router,
        false => router.layer(middleware::from_fn_with_state(origins, cors)),
    }
}

/// Adds the headers if the request's origin equals a listed origin.
async fn cors(State(origins): State<Arc<[String]>>, request: Request, next: Next) -> Response {
    let sent = request.headers();
    let origin = sent.get(ORIGIN).cloned();
    let is_listed = |origin: &HeaderValue| origins.iter().any(|one| one.as_bytes() == origin);
    let origin = origin.filter(is_listed);
    let is_preflight =
        *request.method() == Method::OPTIONS && sent.contains_key(ACCESS_CONTROL_REQUEST_METHOD);
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.append(VARY, HeaderValue::from_static("Origin"));
    let Some(origin) = origin else {
        return response;
    };
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    if is_preflight {
        headers.insert(ACCESS_CONTROL_ALLOW_METHODS, METHODS);
        headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, REQUEST_HEADERS);
        headers.insert(ACCESS_CONTROL_MAX_AGE, MAX_AGE.as_secs().into());
    } else {
        headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
    }
    response
}
