//! Documents: what counts as one, how large, how long.

use std::time::Instant;

use confab_switchboard::{FetchKind, Fetched};

use crate::servers::{Say, Server, config, get, ok, status, web};

#[tokio::test]
async fn types_that_are_documents_and_types_that_are_not() {
    for (content_type, code) in [
        ("text/xml", None),
        ("Application/XML; charset=utf-8", None),
        ("application/soap+xml", None),
        ("application/octet-stream", None),
        ("text/html", Some(12300)),
        ("text/plain", Some(12300)),
        ("application/json", Some(12300)),
        ("audio/wav", Some(12300)),
    ] {
        let server = Server::saying(ok(content_type, "  <Response/>")).await;
        let (web, _) = web(config());
        let fetched = web.fetch(get(FetchKind::Document, &server.url("/d"))).await;
        assert_eq!(
            fetched.as_ref().err().map(|error| error.code),
            code,
            "{content_type}"
        );
        if let Err(error) = fetched {
            assert!(error.message.contains(content_type), "{}", error.message);
        }
    }
}

#[tokio::test]
async fn a_body_without_a_type_is_looked_at() {
    let bare = "HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n<Response/>";
    let (web, _) = web(config());
    let server = Server::saying(bare).await;
    assert!(
        web.fetch(get(FetchKind::Document, &server.url("/")))
            .await
            .is_ok()
    );
    let server = Server::saying(bare.replace("<Response/>", "hello world")).await;
    let error = web
        .fetch(get(FetchKind::Document, &server.url("/")))
        .await
        .expect_err("text");
    assert_eq!(error.code, 12300);
}

#[tokio::test]
async fn nothing_is_a_document_that_does_nothing() {
    let server = Server::saying("HTTP/1.1 204 No Content\r\n\r\n").await;
    let (web, _) = web(config());
    let url = server.url("/");
    let fetched = web.fetch(get(FetchKind::Document, &url)).await;
    let body = Vec::new();
    assert_eq!(fetched, Ok(Fetched::Document { body, url }));
}

#[tokio::test]
async fn bad_statuses_are_11217() {
    for code in [400, 401, 404, 410, 429, 500, 503, 300, 304] {
        let server = Server::saying(status(code)).await;
        let (web, _) = web(config());
        let error = web
            .fetch(get(FetchKind::Document, &server.url("/")))
            .await
            .expect_err("bad");
        assert_eq!((error.code, error.status), (11217, Some(code)));
    }
}

#[tokio::test]
async fn more_than_64_kilobytes_is_11750() {
    let (web, _) = web(config());
    let full = Server::saying(ok("text/xml", &"x".repeat(65_536))).await;
    assert!(
        web.fetch(get(FetchKind::Document, &full.url("/")))
            .await
            .is_ok()
    );
    let declared = Server::saying(ok("text/xml", &"x".repeat(65_537))).await;
    // And one that does not say how long it is, and never ends.
    let endless = Server::start(|_| {
        let mut parts = vec![Say::Text(
            "HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nTransfer-Encoding: chunked\r\n\r\n"
                .into(),
        )];
        parts.extend((0..1_000).map(|_| Say::Text(format!("400\r\n{}\r\n", "x".repeat(1_024)))));
        parts
    })
    .await;
    for server in [declared, endless] {
        let error = web
            .fetch(get(FetchKind::Document, &server.url("/")))
            .await
            .expect_err("big");
        assert_eq!(error.code, 11750);
    }
}

#[tokio::test]
async fn compression_that_nobody_asked_for_is_refused() {
    let server = Server::saying(
        "HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Encoding: gzip\r\n\
         Content-Length: 3\r\n\r\n\x1f\x0b\x08",
    )
    .await;
    let (web, _) = web(config());
    let error = web
        .fetch(get(FetchKind::Document, &server.url("/")))
        .await
        .expect_err("gzip");
    assert_eq!(error.code, 12300);
}

#[tokio::test]
async fn slow_servers_run_out_of_time() {
    let head = "HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: 1000\r\n\r\n";
    let silent = Server::start(|_| vec![Say::Wait(10_000)]).await;
    let drip = Server::start(move |_| {
        let mut parts = vec![Say::Text(head.to_owned())];
        parts.extend((0..1_000).flat_map(|_| [Say::Text("x".to_owned()), Say::Wait(50)]));
        parts
    })
    .await;
    let broken =
        Server::start(move |_| vec![Say::Text(format!("{head}x")), Say::Wait(10_000)]).await;
    let (web, _) = web(config());
    for (server, at_least) in [(silent, 150), (drip, 400), (broken, 400)] {
        let mut fetch = get(FetchKind::Document, &server.url("/"));
        fetch.time_outs.open_ms = 100;
        fetch.time_outs.read_ms = 200;
        fetch.time_outs.total_ms = 500;
        let start = Instant::now();
        let error = web.fetch(fetch).await.expect_err("slow");
        let took = start.elapsed().as_millis();
        assert_eq!(error.code, 11200, "{error:?}");
        assert!((at_least..1_500).contains(&took), "{took} ms");
    }
}

#[tokio::test]
async fn no_server_is_11200() {
    let (web, _) = web(config());
    let error = web
        .fetch(get(FetchKind::Document, "http://127.0.0.1:2/"))
        .await
        .expect_err("none");
    assert_eq!((error.code, error.status), (11200, None));
    // What is no HTTP at all, and a connection closed at once.
    for text in [
        "SSH-2.0-OpenSSH_9\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nshort",
    ] {
        let server = Server::start(move |_| vec![Say::Text(text.to_owned()), Say::Wait(1)]).await;
        let mut fetch = get(FetchKind::Document, &server.url("/"));
        fetch.time_outs.total_ms = 400;
        let error = web.fetch(fetch).await.expect_err("no HTTP");
        assert!(matches!(error.code, 11200 | 12300), "{error:?}");
    }
}
