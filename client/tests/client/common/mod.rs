//! Small server that records requests, and responds by a script.
#![allow(unreachable_pub)]

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::Response;
use tokio::net::TcpListener;

pub const PARTICIPANT: &str = r#"{"account_sid": "A", "call_sid": "CA", "call_sid_to_coach": null,
    "coaching": false, "conference_sid": "CF", "date_created": "Tue, 17 Nov 2026 12:34:56 +0000",
    "date_updated": "Tue, 17 Nov 2026 12:35:10 +0000", "end_conference_on_exit": false,
    "hold": false, "muted": true, "start_conference_on_enter": true, "status": "in-progress",
    "uri": "/api/laml/2010-04-01/Accounts/A/Conferences/CF/Participants/CA.json"}"#;

/// Received request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Came {
    pub line: String,
    pub content_type: String,
    pub authorization: String,
    pub body: String,
}

pub struct Server {
    pub at: SocketAddr,
    pub came: Arc<Mutex<Vec<Came>>>,
}

/// Status, headers and body of a response.
pub type Said = (u16, Vec<(&'static str, &'static str)>, String);

pub fn router(
    came: Arc<Mutex<Vec<Came>>>,
    say: impl Fn(&str) -> Said + Clone + Send + Sync + 'static,
) -> Router {
    Router::new().fallback(move |request: Request| {
        let (came, say) = (Arc::clone(&came), say.clone());
        async move {
            let (parts, body) = request.into_parts();
            let header = |name: &str| {
                let value = parts
                    .headers
                    .get(name)
                    .and_then(|value| value.to_str().ok());
                value.unwrap_or_default().to_owned()
            };
            let body = axum::body::to_bytes(body, 1 << 20).await.unwrap();
            let line = format!("{} {}", parts.method, parts.uri);
            let (status, headers, answer) = say(&line);
            came.lock().unwrap().push(Came {
                line,
                content_type: header("content-type"),
                authorization: header("authorization"),
                body: String::from_utf8(body.to_vec()).unwrap(),
            });
            let mut response = Response::builder().status(status);
            for (name, value) in headers {
                response = response.header(name, value);
            }
            response.body(Body::from(answer)).unwrap()
        }
    })
}

pub async fn server(say: impl Fn(&str) -> Said + Clone + Send + Sync + 'static) -> Server {
    let came = Arc::default();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    let router = router(Arc::clone(&came), say);
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            tokio::spawn(speak(stream, router.clone()));
        }
    });
    Server { at, came }
}

pub async fn speak(
    stream: impl tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
    router: Router,
) {
    use hyper_util::rt::{TokioExecutor, TokioIo};
    use hyper_util::service::TowerToHyperService;
    let builder = hyper_util::server::conn::auto::Builder::new(TokioExecutor::new());
    let service = TowerToHyperService::new(router);
    let _ = builder
        .serve_connection(TokioIo::new(stream), service)
        .await;
}

impl Server {
    pub fn client(&self) -> confab_client::Client {
        confab_client::Client::new(&format!("http://{}", self.at), "A", "T:oken").unwrap()
    }

    pub fn one(&self) -> Came {
        let came = std::mem::take(&mut *self.came.lock().unwrap());
        assert_eq!(came.len(), 1, "{came:?}");
        came[0].clone()
    }
}

pub fn ok(body: &str) -> Said {
    (
        200,
        vec![("content-type", "application/json")],
        body.to_owned(),
    )
}
