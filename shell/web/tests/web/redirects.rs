//! Redirects: each hop is a separate request, and is checked.

use confab_switchboard::{FetchKind, Fetched};

use crate::servers::{Names, Say, Server, config, get, ok, post, redirect, strict, web};

fn document(url: String) -> Fetched {
    let body = b"<Response/>".to_vec();
    Fetched::Document { body, url }
}

/// Starts a server that redirects `/n` to `/n-1`, and responds at `/0`.
async fn stairs(status: u16) -> Server {
    Server::start(move |seen| {
        let step: u32 = seen.path()[1..].split('?').next().unwrap().parse().unwrap();
        vec![Say::Text(match step {
            0 => ok("text/xml", "<Response/>"),
            step => redirect(status, &format!("{}", step - 1)),
        })]
    })
    .await
}

#[tokio::test]
async fn three_are_followed_and_not_four() {
    let server = stairs(302).await;
    let (web, _) = web(config());
    let found = web.fetch(get(FetchKind::Document, &server.url("/3"))).await;
    assert_eq!(
        found,
        Ok(document(server.url("/0"))),
        "relative URLs refer to the last"
    );
    let lost = web
        .fetch(get(FetchKind::Document, &server.url("/4")))
        .await
        .expect_err("four");
    assert_eq!(lost.code, 11215, "{lost:?}");
}

#[tokio::test]
async fn a_loop_ends() {
    let server = Server::start(|_| vec![Say::Text(redirect(307, "/again"))]).await;
    let (web, _) = web(config());
    let error = web
        .fetch(get(FetchKind::Audio, &server.url("/")))
        .await
        .expect_err("a loop");
    assert_eq!(error.code, 11215);
    assert_eq!(server.seen().len(), 4);
}

#[tokio::test]
async fn a_post_stays_one_or_becomes_a_get() {
    for (status, method) in [
        (301, "GET"),
        (302, "GET"),
        (303, "GET"),
        (307, "POST"),
        (308, "POST"),
    ] {
        let server = stairs(status).await;
        let (web, _) = web(config());
        let fetch = post(
            FetchKind::Document,
            &server.url("/1"),
            &[("CallSid", "x y")],
        );
        assert_eq!(web.fetch(fetch).await, Ok(document(server.url("/0"))));
        let last = server.seen().pop().unwrap();
        assert_eq!(last.method(), method, "{status}");
        assert_eq!(last.path(), "/0");
        let body = if method == "POST" { "CallSid=x+y" } else { "" };
        assert_eq!(last.body, body, "{status}");
        assert!(
            last.header("x-twilio-signature").is_some(),
            "the same host: signed anew"
        );
    }
}

#[tokio::test]
async fn another_host_gets_no_signature() {
    let target = Server::saying(ok("text/xml", "<Response/>")).await;
    let to = format!("http://localhost:{}/x", target.address.port());
    let server = Server::start(move |_| vec![Say::Text(redirect(307, &to))]).await;
    let mut config = config();
    config.resolver = Names::new(&[("localhost", &[&["127.0.0.1"]])]);
    let (web, _) = web(config);
    let fetch = post(FetchKind::Document, &server.url("/"), &[("CallSid", "x")]);
    web.fetch(fetch).await.expect("a document");
    assert!(server.seen()[0].header("x-signalwire-signature").is_some());
    let last = target.seen().pop().unwrap();
    assert_eq!(last.header("x-signalwire-signature"), None);
    assert_eq!(last.header("x-twilio-signature"), None);
}

#[tokio::test]
async fn no_redirect_leads_where_a_url_may_not() {
    let canary = Server::start(|_| Vec::new()).await;
    let port = canary.address.port();
    for to in [
        format!("http://127.0.0.1:{port}/"),
        format!("http://[::ffff:127.0.0.1]:{port}/"),
        format!("http://0x7f000001:{port}/"),
        format!("//127.1:{port}/"),
        format!("http://rebound.test:{port}/"),
        "http://169.254.169.254/latest/meta-data/".to_owned(),
        "file:///etc/passwd".to_owned(),
        "gopher://127.0.0.1/".to_owned(),
        format!("http://a:b@public.test:{port}/"),
    ] {
        for status in [301, 302, 303, 307, 308] {
            let location = to.clone();
            let at = "127.0.0.9:0".parse().unwrap();
            let answer = move |_: &_| vec![Say::Text(redirect(status, &location))];
            let server = Server::start_at(at, answer).await;
            let mut config = strict();
            config.allow.push("127.0.0.9".parse().unwrap());
            config.resolver = Names::new(&[("rebound.test", &[&["127.0.0.1"]])]);
            let (web, _) = web(config);
            let fetch = post(FetchKind::DocumentOrAudio, &server.url("/"), &[("A", "b")]);
            let error = web.fetch(fetch).await.expect_err(&to);
            assert_eq!(error.code, 11205, "{to}: {error:?}");
        }
    }
    assert_eq!(canary.connections(), 0);
}

#[tokio::test]
async fn a_redirect_to_nowhere_is_11215() {
    let server = Server::saying("HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n").await;
    let (web, _) = web(config());
    let error = web
        .fetch(get(FetchKind::Document, &server.url("/")))
        .await
        .expect_err("nowhere");
    assert_eq!((error.code, error.status), (11215, Some(302)));
}
