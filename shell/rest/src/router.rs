//! Entry of requests: spelling of the path, authentication, the account in the path, routes. Error
//! responses of the HTTP library are replaced by JSON.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::extract::{Request, State};
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use confab_sounds::AudioFiles;
use confab_store::Store;
use confab_switchboard::{Reply, Request as Question};
use confab_terms::limits::HTTP_HEAD_BYTES_MAX;
use confab_terms::{ClientNetwork, IpAddr, Ipv4Addr};
use serde_json::json;

use crate::dialect::account_sid;
use crate::errors::{ApiError, Unwritten};
use crate::logins::{Logins, Peer};
use crate::unfinished::Unfinished;
use crate::{
    Dialect, Line, Metrics, Resend, accounts, audibility, auth, calls, conferences, cors,
    dead_letters, empty_lists, keys, notifications,
};
use crate::{metrics, new_call, participants, prefix, recordings, refused};

const ROOT: &str = "/2010-04-01";

/// Parts that the API depends on. Cheap to clone.
#[derive(Clone)]
pub struct Api {
    /// Requests to the switchboard.
    pub line: Line,
    /// Account, and ended resources.
    pub store: Arc<dyn Store>,
    /// Events that were not delivered.
    pub dead_letters: Arc<dyn Resend>,
    /// Audio files of the recordings.
    pub audio: AudioFiles,
    /// Dialect of requests and responses.
    pub dialect: Dialect,
    /// Beginning of the API's public URLs, without a slash at its end.
    pub api_url: String,
    /// Origins from which browsers may use this API, in the spelling of `Origin` headers.
    pub cors_origins: Vec<String>,
    /// True while the server accepts calls: false before the start is complete, and while draining.
    pub ready: Arc<AtomicBool>,
    /// Counts of the API, and figures of the server.
    pub metrics: Metrics,
}

impl Api {
    /// Sends a request to the switchboard; a refusal is returned as an error.
    pub(crate) async fn ask(&self, what: Question) -> Result<Reply, ApiError> {
        match self.line.ask(what).await? {
            Reply::Refused(refusal) => Err(refusal.into()),
            reply => Ok(reply),
        }
    }
}

/// Returns the whole API as a service.
pub fn router(api: Api) -> Router {
    const CONFERENCES: &str = "/2010-04-01/Accounts/{account}/Conferences";
    const CALLS: &str = "/2010-04-01/Accounts/{account}/Calls";
    const NOTIFICATIONS: &str = "/2010-04-01/Accounts/{account}/Notifications";
    let routes = Router::new()
        .route("/healthz", get(healthz))
        .route("/2010-04-01/Accounts", get(accounts::list))
        .route("/2010-04-01/Accounts/{account}", get(accounts::fetch))
        .route(CONFERENCES, get(conferences::list))
        .route(
            &format!("{CONFERENCES}/{{conference}}"),
            get(conferences::fetch).post(conferences::update),
        )
        .route(
            &format!("{CONFERENCES}/{{conference}}/Audibility"),
            get(audibility::fetch),
        )
        .route(
            &format!("{CONFERENCES}/{{conference}}/Participants"),
            get(participants::list),
        )
        .route(
            &format!("{CONFERENCES}/{{conference}}/Participants/{{key}}"),
            get(participants::fetch)
                .post(participants::update)
                .delete(participants::remove),
        )
        .route(CALLS, get(calls::list).post(new_call::create))
        .route(
            &format!("{CALLS}/{{call}}"),
            get(calls::fetch).post(calls::update),
        )
        .route(
            &format!("{CALLS}/{{call}}/Notifications"),
            get(notifications::list_of_call),
        )
        .route(
            &format!("{CALLS}/{{call}}/Notifications/{{sid}}"),
            get(notifications::fetch_of_call),
        )
        .merge(recordings::routes())
        .merge(empty_lists::routes())
        .merge(keys::routes())
        .merge(dead_letters::routes())
        .route(NOTIFICATIONS, get(notifications::list))
        .route(
            &format!("{NOTIFICATIONS}/{{sid}}"),
            get(notifications::fetch),
        )
        .with_state(api.clone());
    let counts = middleware::from_fn_with_state(api.metrics.clone(), metrics::count);
    let origins = api.cors_origins.clone();
    // A fallback of an outer router: the layer sees, and may rewrite, the path before routing.
    let entered = Router::new()
        .fallback_service(routes)
        .layer(middleware::from_fn_with_state(
            (api, Arc::new(Logins::new())),
            enter,
        ));
    cors::with_origins(entered, &origins).layer(counts)
}

async fn enter(
    State((api, logins)): State<(Api, Arc<Logins>)>,
    mut request: Request,
    next: Next,
) -> Response {
    if let Some(unfinished) = request.extensions().get::<Unfinished>() {
        unfinished.began();
    }
    if head_bytes(&request) > HTTP_HEAD_BYTES_MAX {
        let status = StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE;
        return ApiError::Unreadable(status).written(api.dialect);
    }
    let (uri, spelling) = prefix::plain(request.uri());
    // OPTIONS needs no credentials, and so must not reveal which accounts exist.
    let is_options = *request.method() == Method::OPTIONS;
    if uri.path().starts_with(ROOT) && !is_options {
        let public = recordings::is_public(request.method(), uri.path(), spelling);
        let nowhere = Peer(ClientNetwork::of(IpAddr::V4(Ipv4Addr::UNSPECIFIED)));
        let Peer(from) = *request.extensions().get().unwrap_or(&nowhere);
        let logins = (&*logins, from);
        let known = auth::authenticate(request.headers(), &*api.store, logins, &api.metrics);
        if let Err(refused) = known
            && !public
        {
            return refused.written(api.dialect);
        }
        if let Some(other) = other_account(&api, uri.path()) {
            return other.written(api.dialect);
        }
    }
    let path = uri.path().to_owned();
    let chunked = request.headers().contains_key(header::TRANSFER_ENCODING);
    let sent = std::mem::replace(request.uri_mut(), uri);
    request.extensions_mut().insert(spelling);
    let (request, watched) = refused::watch(api.dialect, request, sent.to_string());
    let response = match next.run(request).await {
        response if is_options && response.status() == StatusCode::METHOD_NOT_ALLOWED => {
            options(&response)
        }
        response => in_json(api.dialect, &path, response),
    };
    let mut response = refused::tell(&*api.store, watched, response).await;
    // With a Content-Length too, the bytes after the request are ambiguous: the connection closes
    // (RFC 9112 §6.3).
    if chunked {
        let close = HeaderValue::from_static("close");
        response.headers_mut().insert(header::CONNECTION, close);
    }
    response
}

/// Turns "method not allowed" into the response to OPTIONS: 204 with `Allow`.
fn options(refused: &Response) -> Response {
    let mut response = StatusCode::NO_CONTENT.into_response();
    if let Some(allow) = refused.headers().get(header::ALLOW) {
        response
            .headers_mut()
            .insert(header::ALLOW, with_options(allow));
    }
    response
}

/// Adds OPTIONS, which no route names, to an `Allow` header.
fn with_options(allow: &HeaderValue) -> HeaderValue {
    let allow = allow.to_str().unwrap_or_default();
    let all = format!("{allow},OPTIONS");
    HeaderValue::try_from(all).unwrap_or(HeaderValue::from_static("OPTIONS"))
}

/// Returns the size of a request's head in bytes. The HTTP library limits its buffer only, which a
/// fast client can exceed.
fn head_bytes(request: &Request) -> usize {
    let headers = request.headers().iter();
    let headers: usize = headers
        .map(|(name, value)| name.as_str().len() + value.len() + 4)
        .sum();
    let target = request.uri().path_and_query();
    headers + target.map_or(0, |target| target.as_str().len())
}

/// Returns an error if the path names another account than the server's.
fn other_account(api: &Api, path: &str) -> Option<ApiError> {
    let rest = path.strip_prefix(ROOT)?.strip_prefix("/Accounts/")?;
    let sid = rest.split('/').next().unwrap_or_default();
    let is_own = account_sid(sid) == Some(api.store.account().sid);
    (!is_own).then(|| ApiError::NoSuch(format!("the resource {path}")))
}

/// Writes errors of the API, and replaces error responses of the HTTP library by JSON; their
/// headers (Allow, Content-Range) remain.
fn in_json(dialect: Dialect, path: &str, mut response: Response) -> Response {
    if let Some(Unwritten(error)) = response.extensions_mut().remove() {
        return error.written(dialect);
    }
    let status = response.status();
    let is_error = status.is_client_error() || status.is_server_error();
    let content_type = response.headers().get(header::CONTENT_TYPE);
    if !is_error || content_type.is_some_and(|kind| kind == "application/json") {
        return response;
    }
    let error = match status {
        StatusCode::NOT_FOUND => ApiError::NoSuch(format!("the resource {path}")),
        status => ApiError::Http(status),
    };
    let mut shaped = error.written(dialect);
    if let Some(allow) = response.headers().get(header::ALLOW) {
        shaped
            .headers_mut()
            .insert(header::ALLOW, with_options(allow));
    }
    if let Some(range) = response.headers().get(header::CONTENT_RANGE) {
        shaped
            .headers_mut()
            .insert(header::CONTENT_RANGE, range.clone());
    }
    shaped
}

async fn healthz(State(api): State<Api>) -> Response {
    let (code, status) = match (api.ready.load(Ordering::Relaxed), api.store.is_degraded()) {
        (false, _) => (StatusCode::SERVICE_UNAVAILABLE, "not taking calls"),
        // Calls continue: a load balancer that checks only the code keeps this server.
        (true, true) => (StatusCode::OK, "degraded"),
        (true, false) => (StatusCode::OK, "ok"),
    };
    (code, Json(json!({"status": status}))).into_response()
}
