//! Connections beyond the limits: answered for `/healthz` and `/metrics` only, so that a monitor
//! can reach a server even if a client holds all connections. All other paths receive 429.

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, header};
use axum::middleware::{self, Next};
use axum::response::Response;

use crate::errors::ApiError;
use crate::{Dialect, Metrics};

/// Paths for which additional permits exist.
const PATHS: [&str; 2] = ["/healthz", "/metrics"];

/// Restricts a router to these paths, and closes the connection after the first response.
pub(crate) fn only(router: Router, metrics: Metrics, dialect: Dialect) -> Router {
    router.layer(middleware::from_fn_with_state((metrics, dialect), answer))
}

async fn answer(
    State((metrics, dialect)): State<(Metrics, Dialect)>,
    request: Request,
    next: Next,
) -> Response {
    let mut response = if PATHS.contains(&request.uri().path()) {
        next.run(request).await
    } else {
        metrics.answered(429);
        ApiError::TooManyConnections.written(dialect)
    };
    let close = HeaderValue::from_static("close");
    response.headers_mut().insert(header::CONNECTION, close);
    response
}
