//! Web application for tests: serves documents and audio at paths that a test defines, and stores
//! all requests.

use std::collections::BTreeMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};

/// Received request.
#[derive(Clone, Debug)]
pub struct Received {
    /// `GET` or `POST`.
    pub method: String,
    /// Path without the query.
    pub path: String,
    /// Complete URL, as signed by the sender.
    pub url: String,
    /// Fields of the form (POST) or of the query (GET).
    pub fields: BTreeMap<String, String>,
    /// Number of repeated names; must be 0.
    pub repeated: usize,
    /// Header `X-SignalWire-Signature`.
    pub signature: String,
    /// Header `X-Twilio-Signature`.
    pub twilio_signature: String,
    /// Header `Cookie`.
    pub cookie: String,
    /// Header `I-Twilio-Idempotency-Token`.
    pub idempotency_token: String,
    /// Time of arrival.
    pub at: Instant,
}

/// Response of a path.
#[derive(Clone)]
struct Page {
    status: u16,
    content_type: String,
    body: Bytes,
    delay: Duration,
    /// Header `Set-Cookie`.
    cookie: Option<String>,
}

#[derive(Default)]
struct Seen {
    pages: BTreeMap<String, Page>,
    received: Vec<Received>,
}

struct Shared {
    address: String,
    seen: Mutex<Seen>,
    came: Condvar,
}

/// Application for tests; the runtime ends on drop.
pub struct Application {
    shared: Arc<Shared>,
    _runtime: tokio::runtime::Runtime,
}

impl Application {
    /// Listens on a free port of 127.0.0.1.
    pub fn start() -> Result<Self> {
        Self::start_at("127.0.0.1:0")
    }

    /// Listens on an address.
    pub fn start_at(address: &str) -> Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()?;
        let listener = runtime.block_on(tokio::net::TcpListener::bind(address))?;
        let shared = Arc::new(Shared {
            address: listener.local_addr()?.to_string(),
            seen: Mutex::default(),
            came: Condvar::new(),
        });
        let router = axum::Router::new()
            .fallback(answer)
            .with_state(Arc::clone(&shared));
        runtime.spawn(async move { axum::serve(listener, router).await });
        Ok(Self {
            shared,
            _runtime: runtime,
        })
    }

    /// Returns the URL of a path.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.shared.address)
    }

    /// Serves this body at a path.
    pub fn serve(&self, path: &str, content_type: &str, body: impl Into<Bytes>) {
        self.serve_slowly(path, content_type, body, Duration::ZERO);
    }

    /// Serves this body at a path, with a delay of each response.
    pub fn serve_slowly(
        &self,
        path: &str,
        content_type: &str,
        body: impl Into<Bytes>,
        delay: Duration,
    ) {
        let page = Page {
            status: 200,
            content_type: content_type.into(),
            body: body.into(),
            delay,
            cookie: None,
        };
        self.seen().pages.insert(path.into(), page);
    }

    /// Sets a cookie in the responses of a path.
    pub fn set_cookie(&self, path: &str, cookie: &str) {
        if let Some(page) = self.seen().pages.get_mut(path) {
            page.cookie = Some(cookie.to_owned());
        }
    }

    /// Responds with this status at a path.
    pub fn refuse(&self, path: &str, status: u16) {
        let page = Page {
            status,
            content_type: "text/plain".into(),
            body: Bytes::new(),
            delay: Duration::ZERO,
            cookie: None,
        };
        self.seen().pages.insert(path.into(), page);
    }

    /// Returns all requests so far.
    #[must_use]
    pub fn received(&self) -> Vec<Received> {
        self.seen().received.clone()
    }

    /// Returns the number of requests so far.
    #[must_use]
    pub fn received_count(&self) -> usize {
        self.seen().received.len()
    }

    /// Returns the requests to a path so far.
    #[must_use]
    pub fn received_at(&self, path: &str) -> Vec<Received> {
        self.received()
            .into_iter()
            .filter(|r| r.path == path)
            .collect()
    }

    /// Waits until `found` returns a value for the requests so far.
    pub fn wait_for<T>(
        &self,
        what: &str,
        within: Duration,
        mut found: impl FnMut(&[Received]) -> Option<T>,
    ) -> Result<T> {
        let until = Instant::now() + within;
        let mut seen = self.seen();
        loop {
            if let Some(found) = found(&seen.received) {
                return Ok(found);
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                bail!(
                    "{what} did not come within {within:?}; came: {:#?}",
                    seen.received
                );
            }
            seen = self
                .shared
                .came
                .wait_timeout(seen, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.shared
            .seen
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

async fn answer(
    State(shared): State<Arc<Shared>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let header = |name: &str| {
        headers
            .get(name)
            .and_then(|v| v.to_str().ok())
            .unwrap_or_default()
            .to_owned()
    };
    let text = if method == Method::GET {
        uri.query().unwrap_or_default().to_owned()
    } else {
        String::from_utf8_lossy(&body).into_owned()
    };
    let pairs = pairs(&text);
    let fields: BTreeMap<_, _> = pairs.iter().cloned().collect();
    let received = Received {
        method: method.to_string(),
        path: uri.path().to_owned(),
        url: format!("http://{}{uri}", shared.address),
        repeated: pairs.len() - fields.len(),
        fields,
        signature: header("x-signalwire-signature"),
        twilio_signature: header("x-twilio-signature"),
        cookie: header("cookie"),
        idempotency_token: header("i-twilio-idempotency-token"),
        at: Instant::now(),
    };
    let page = {
        let mut seen = shared.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.received.push(received);
        shared.came.notify_all();
        seen.pages.get(uri.path()).cloned()
    };
    let Some(page) = page else {
        return StatusCode::NO_CONTENT.into_response();
    };
    tokio::time::sleep(page.delay).await;
    let status = StatusCode::from_u16(page.status).unwrap_or(StatusCode::IM_A_TEAPOT);
    let cookie = page.cookie.map(|cookie| [("set-cookie", cookie)]);
    let head = [("content-type", page.content_type)];
    match cookie {
        Some(cookie) => (status, head, cookie, page.body).into_response(),
        None => (status, head, page.body).into_response(),
    }
}

/// Parses `a=1&b=x%20y`.
fn pairs(text: &str) -> Vec<(String, String)> {
    reqwest::Url::parse(&format!("http://x/?{text}"))
        .map(|url| {
            url.query_pairs()
                .map(|(k, v)| (k.into_owned(), v.into_owned()))
                .collect()
        })
        .unwrap_or_default()
}
