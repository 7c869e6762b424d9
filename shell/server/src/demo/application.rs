//! Application of the demo: a web server with a document for hold, its music, and an announcement.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};

use axum::Router;
use axum::body::Bytes;
use axum::http::header::CONTENT_TYPE;
use axum::routing::any;
use confab_phone::heard::wav;
use tokio::net::TcpListener;

use super::sounds;

/// Starts the server on a free port; the server stops with the runtime.
pub(crate) async fn start() -> io::Result<SocketAddr> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let address = listener.local_addr()?;
    let document = format!("<Response><Play>http://{address}/hold.wav</Play></Response>");
    let router = Router::new()
        .route("/hold", answer("text/xml", document.into()))
        .route("/hold.wav", answer("audio/wav", file(&sounds::music())))
        .route("/gong", answer("audio/wav", file(&sounds::announcement())));
    tokio::spawn(async move {
        // Serving ends with the runtime.
        let _ended = axum::serve(listener, router).await;
    });
    Ok(address)
}

fn file(samples: &[i16]) -> Bytes {
    wav(samples).into()
}

fn answer(content_type: &'static str, body: Bytes) -> axum::routing::MethodRouter {
    any(move || {
        let body = body.clone();
        async move { ([(CONTENT_TYPE, content_type)], body) }
    })
}
