//! Evidence in a failed fetch: the request and the response.

use confab_switchboard::{Exchange, FetchKind};
use confab_terms::limits::{NOTICE_BODY_BYTES_MAX, NOTICE_HEADERS_BYTES_MAX};

use crate::servers::{Say, Server, config, get, ok, post, redirect, strict, web};

async fn exchange(kind: FetchKind, parts: Vec<Say>) -> (u32, Exchange) {
    let server = Server::start(move |_| parts.clone()).await;
    let (web, _) = web(config());
    let mut fetch = post(kind, &server.url("/x"), &[("CallSid", "1"), ("B", "é")]);
    fetch.time_outs.read_ms = 2_000;
    let error = web.fetch(fetch).await.expect_err("a failure");
    (error.code, *error.exchange.expect("an exchange"))
}

fn answer(status: &str, headers: &str, body: &str) -> Vec<Say> {
    let length = body.len();
    vec![Say::Text(format!(
        "HTTP/1.1 {status}\r\n{headers}Content-Length: {length}\r\n\r\n{body}"
    ))]
}

#[tokio::test]
async fn an_answer_of_no_use_is_shown() {
    let headers = "Content-Type: image/svg\r\nSet-Cookie: id=secret\r\nX-Request-Id: 7\r\n";
    for (status, code) in [("404 Not Found", 11217), ("200 OK", 12300)] {
        for kind in [
            FetchKind::Document,
            FetchKind::Audio,
            FetchKind::DocumentOrAudio,
        ] {
            let told = exchange(kind, answer(status, headers, "<h1>no such page</h1>")).await;
            let (found, shown) = told;
            assert_eq!(found, code, "{kind:?}");
            assert_eq!(shown.status, Some(status[..3].parse().unwrap()));
            assert_eq!(shown.body, "<h1>no such page</h1>");
            let fields = [("CallSid", "1"), ("B", "é")];
            assert_eq!(
                shown.fields,
                fields.map(|(n, v)| (n.to_owned(), v.to_owned()))
            );
            let names: Vec<_> = shown
                .headers
                .iter()
                .map(|(name, _)| name.as_str())
                .collect();
            assert_eq!(names, ["content-type", "x-request-id", "content-length"]);
        }
    }
}

#[tokio::test]
async fn a_long_one_is_cut_and_a_slow_one_not_waited_for() {
    let big = "x".repeat(200_000);
    let (code, shown) = exchange(FetchKind::Document, answer("500 Oh", "", &big)).await;
    assert_eq!((code, shown.body.len()), (11217, NOTICE_BODY_BYTES_MAX));

    let (code, shown) = exchange(
        FetchKind::Document,
        answer("200 OK", "Content-Type: text/xml\r\n", &big),
    )
    .await;
    assert_eq!((code, shown.body.len()), (11750, NOTICE_BODY_BYTES_MAX));

    let many: String = (0..60)
        .map(|n| format!("X-{n}: {}\r\n", "y".repeat(90)))
        .collect();
    let (_, shown) = exchange(FetchKind::Document, answer("403 No", &many, "no")).await;
    let bytes: usize = shown.headers.iter().map(|(n, v)| n.len() + v.len()).sum();
    assert!(bytes <= NOTICE_HEADERS_BYTES_MAX && bytes > NOTICE_HEADERS_BYTES_MAX / 2);

    let slow = vec![
        Say::Text("HTTP/1.1 503 Later\r\nContent-Length: 900\r\n\r\nsorry".to_owned()),
        Say::Wait(60_000),
    ];
    let begun = std::time::Instant::now();
    let (code, shown) = exchange(FetchKind::Document, slow).await;
    assert_eq!((code, shown.body.as_str()), (11217, "sorry"));
    assert!(begun.elapsed().as_secs() < 5, "{:?}", begun.elapsed());
}

#[tokio::test]
async fn what_is_no_text_is_not_shown_as_text() {
    let mut parts = answer(
        "404 Gone",
        "Content-Type: audio/wav\r\n",
        "RIFF\0\0\0\0WAVE",
    );
    let (_, shown) = exchange(FetchKind::Audio, parts.clone()).await;
    assert_eq!(shown.body, "");
    parts = vec![Say::Bytes(
        b"HTTP/1.1 404 Gone\r\nContent-Length: 3\r\n\r\na\xffb".to_vec(),
    )];
    let (_, shown) = exchange(FetchKind::Audio, parts).await;
    assert_eq!(shown.body, "a\u{fffd}b");
}

#[tokio::test]
async fn without_an_answer_there_is_what_was_asked() {
    let (web, _) = web(strict());
    let fetch = post(FetchKind::Audio, "http://10.0.0.1/x", &[("A", "b")]);
    let error = web.fetch(fetch).await.expect_err("forbidden");
    let shown = *error.exchange.expect("an exchange");
    assert_eq!(shown.fields, [("A".to_owned(), "b".to_owned())]);
    assert_eq!((shown.status, shown.body.as_str()), (None, ""));
}

#[tokio::test]
async fn a_failure_behind_a_redirect_says_so() {
    let server = Server::start(|seen| {
        vec![Say::Text(match seen.path() {
            "/1" => redirect(302, "http://127.0.0.1:1/"),
            "/2" => redirect(302, "http://10.1.2.3/"),
            _ => ok("text/xml", "<Response/>"),
        })]
    })
    .await;
    let (web, _) = web(config());
    for (path, code) in [("/1", 11205), ("/2", 11205)] {
        let error = web.fetch(get(FetchKind::Document, &server.url(path))).await;
        let error = error.expect_err(path);
        assert_eq!(error.code, code, "{error:?}");
        assert!(error.message.starts_with("after a redirect: "), "{error:?}");
    }
}
