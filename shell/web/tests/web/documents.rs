//! Documents: classification, size and time limits.

use std::time::Instant;

use confab_switchboard::{FetchKind, Fetched};

use crate::servers::{Say, Server, config, get, ok, post, refusing_url, status, web};

/// Classifies a response by content type and body, where a document is expected.
async fn kind_of(kind: FetchKind, content_type: &str, body: &[u8]) -> String {
    let header = match content_type {
        "" => String::new(),
        given => format!("Content-Type: {given}\r\n"),
    };
    let length = body.len();
    let head = format!("HTTP/1.1 200 OK\r\n{header}Content-Length: {length}\r\n\r\n");
    let whole = [head.as_bytes(), body].concat();
    let server = Server::start(move |_| vec![Say::Bytes(whole.clone())]).await;
    let (web, _) = web(config());
    match web
        .fetch(post(kind, &server.url("/d"), &[("CallSid", "CA1")]))
        .await
    {
        Ok(Fetched::Document { body, .. }) => {
            format!("document {}", String::from_utf8_lossy(&body))
        }
        Ok(Fetched::Text(text)) => format!("text {text}"),
        Ok(Fetched::Audio { .. }) => "audio".to_owned(),
        Err(error) => {
            let named = error.message.contains(content_type);
            assert!(named, "{content_type}: {}", error.message);
            error.code.to_string()
        }
    }
}

#[tokio::test]
async fn body_decides_under_any_text_or_xml_type() {
    const XML: &[u8] = b"  <?xml version=\"1.0\"?><Response/>";
    const DOCUMENT: &str = "document   <?xml version=\"1.0\"?><Response/>";
    for (content_type, body, expected) in [
        ("text/xml", XML, DOCUMENT),
        ("Application/XML; charset=utf-8", XML, DOCUMENT),
        ("application/soap+xml", XML, DOCUMENT),
        ("text/html; charset=utf-8", XML, DOCUMENT),
        ("text/html", b"Hello", "document Hello"),
        ("text/html", b"<!doctype html>", "document <!doctype html>"),
        ("text/html", b"", "document "),
        ("text/css", XML, DOCUMENT),
        ("text/plain", XML, DOCUMENT),
        (
            "text/plain",
            b"\xef\xbb\xbf<Response/>",
            "document \u{feff}<Response/>",
        ),
        ("text/plain", b"<html>", "document <html>"),
        ("text/plain", b"Hello", "text Hello"),
        ("text/plain", b"<3 you", "text <3 you"),
        ("text/plain", b"", "document "),
        ("application/octet-stream", XML, DOCUMENT),
        ("", XML, DOCUMENT),
        ("", b"hello world", "12300"),
        ("audio/mpeg", b"anything", "audio"),
        ("audio/x-wav", XML, "audio"),
        ("text/html", b"RIFF....WAVE", "audio"),
        ("text/plain", b"ID3\x03", "audio"),
        ("", b"OggS", "audio"),
        ("application/json", b"{}", "12300"),
        ("image/png", b"\x89PNG", "12300"),
    ] {
        for kind in [FetchKind::Document, FetchKind::DocumentOrAudio] {
            let found = kind_of(kind, content_type, body).await;
            let body = String::from_utf8_lossy(body);
            assert_eq!(found, expected, "{kind:?} {content_type} {body}");
        }
    }
}

#[tokio::test]
async fn documents_and_text_of_other_encodings_are_read() {
    const LATIN: &[u8] = b"<Response><Say>Gr\xfc\xdfe</Say></Response>";
    const READ: &str = "document <Response><Say>Gr\u{fc}\u{df}e</Say></Response>";
    let utf_16 = |text: &str| -> Vec<u8> {
        let units = std::iter::once(0xfeff).chain(text.encode_utf16());
        units.flat_map(u16::to_le_bytes).collect()
    };
    let declared = b"<?xml version='1.0' encoding='ISO-8859-1'?><Response>\xfc</Response>";
    for (content_type, body, expected) in [
        ("text/xml; charset=ISO-8859-1", LATIN.to_vec(), READ),
        ("text/html;charset=\"latin1\"", LATIN.to_vec(), READ),
        (
            "text/html",
            declared.to_vec(),
            "document <?xml version='1.0' encoding='ISO-8859-1'?><Response>\u{fc}</Response>",
        ),
        ("text/xml", utf_16("<Response/>"), "document <Response/>"),
        (
            "text/plain",
            b"Gr\xfc\xdfe".to_vec(),
            "text Gr\u{fc}\u{df}e",
        ),
        (
            "text/plain",
            "Gr\u{fc}\u{df}e".into(),
            "text Gr\u{fc}\u{df}e",
        ),
        (
            "text/plain; charset=utf-8",
            b"a\xfcb".to_vec(),
            "text a\u{fffd}b",
        ),
        // An unknown or wrong encoding is left to the parser.
        (
            "text/xml; charset=klingon",
            b"<Response/>".to_vec(),
            "document <Response/>",
        ),
        (
            "text/xml; charset=utf-8",
            b"\xfc".to_vec(),
            "document \u{fffd}",
        ),
    ] {
        let found = kind_of(FetchKind::Document, content_type, &body).await;
        assert_eq!(found, expected, "{content_type}");
    }
}

#[tokio::test]
async fn audio_in_place_of_a_document_streams_into_the_sink() {
    let server = Server::saying(ok("audio/mpeg", "ID3 and more")).await;
    let (web, shelf) = web(config());
    for _ in 0..2 {
        let request = post(
            FetchKind::Document,
            &server.url("/voice"),
            &[("CallSid", "CA1")],
        );
        let Ok(Fetched::Audio { audio }) = web.fetch(request).await else {
            panic!("audio expected");
        };
        assert_eq!(shelf.ended(audio).await.bytes, b"ID3 and more");
    }
    assert_eq!(server.seen().len(), 2, "each call asks");
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
    // A second server declares no length, and never ends.
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
        .fetch(get(FetchKind::Document, &refusing_url()))
        .await
        .expect_err("none");
    assert_eq!((error.code, error.status), (11200, None));
    const XML: &str =
        "HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: 50\r\n\r\n<Response>";
    const UNTYPED: &str = "HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nshort";
    for (parts, code, status) in [
        // Not HTTP; the beginning of a body without and with a type; no response.
        (
            vec![Say::Text("SSH-2.0-OpenSSH_9\r\n\r\n".to_owned())],
            11200,
            None,
        ),
        (vec![Say::Text(UNTYPED.to_owned()), Say::Close], 11200, None),
        (vec![Say::Text(XML.to_owned()), Say::Close], 11200, None),
        (vec![Say::Close], 11200, None),
    ] {
        let server = Server::start(move |_| parts.clone()).await;
        let error = web.fetch(get(FetchKind::Document, &server.url("/"))).await;
        let error = error.expect_err("no document");
        assert_eq!((error.code, error.status), (code, status), "{error:?}");
    }
}
