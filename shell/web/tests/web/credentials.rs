//! User and password in a URL: sent as Basic authentication to the same origin only, and never
//! signed.

use confab_switchboard::{FetchKind, Fetched};
use confab_web::SigningKey;
use url::Url;

use crate::servers::{KEY, Names, Say, Server, config, get, ok, post, redirect, web};

/// Basic credentials `user:pa ss@`, base64.
const BASIC: &str = "Basic dXNlcjpwYSBzc0A=";

fn with_credentials(url: &str) -> String {
    url.replace("http://", "http://user:pa%20ss%40@")
}

#[tokio::test]
async fn they_are_sent_and_not_signed() {
    let server = Server::saying(ok("text/xml", "<Response/>")).await;
    let (web, _) = web(config());
    let url = with_credentials(&server.url("/voice?x=1"));
    let fields = [("CallSid", "CA1")];
    let found = web.fetch(post(FetchKind::Document, &url, &fields)).await;
    // The URL of the document keeps the user, so that relative URLs are authenticated.
    let body = b"<Response/>".to_vec();
    assert_eq!(found, Ok(Fetched::Document { body, url }));
    let seen = server.seen().pop().unwrap();
    assert_eq!(seen.header("authorization"), Some(BASIC));
    assert_eq!(seen.path(), "/voice?x=1");
    assert!(!seen.head.contains("pa%20ss"), "{}", seen.head);
    let plain: Url = server.url("/voice?x=1").parse().unwrap();
    let fields = vec![("CallSid".to_owned(), "CA1".to_owned())];
    let signature = SigningKey::new(KEY).sign(&plain, &fields);
    assert_eq!(seen.header("x-twilio-signature"), Some(signature.as_str()));
}

#[tokio::test]
async fn a_redirect_takes_them_along_on_the_same_origin() {
    for absolute in [false, true] {
        let server = Server::start(move |seen| {
            let host = seen.header("host").unwrap().to_owned();
            vec![Say::Text(match (seen.path(), absolute) {
                ("/0", _) => ok("text/xml", "<Response/>"),
                (_, true) => redirect(302, &format!("http://{host}/0")),
                (_, false) => redirect(302, "0"),
            })]
        })
        .await;
        let (web, _) = web(config());
        let url = with_credentials(&server.url("/1"));
        web.fetch(get(FetchKind::Document, &url)).await.unwrap();
        let last = server.seen().pop().unwrap();
        assert_eq!(last.path(), "/0");
        assert_eq!(last.header("authorization"), Some(BASIC), "{absolute}");
    }
}

#[tokio::test]
async fn another_host_and_another_port_are_not_told() {
    let target = Server::saying(ok("text/xml", "<Response/>")).await;
    let port = target.address.port();
    for to in [
        format!("http://localhost:{port}/x"),
        format!("http://127.0.0.1:{port}/x"),
        format!("//127.0.0.1:{port}/x"),
    ] {
        let server = Server::start(move |_| vec![Say::Text(redirect(307, &to))]).await;
        let mut config = config();
        config.resolver = Names::new(&[("localhost", &[&["127.0.0.1"]])]);
        let (web, _) = web(config);
        let url = with_credentials(&server.url("/"));
        web.fetch(get(FetchKind::Document, &url)).await.unwrap();
        assert_eq!(server.seen()[0].header("authorization"), Some(BASIC));
        let last = target.seen().pop().unwrap();
        assert_eq!(last.header("authorization"), None);
    }
}

#[tokio::test]
async fn no_redirect_names_others() {
    let target = Server::saying(ok("text/xml", "<Response/>")).await;
    let elsewhere = target.url("/").replace("http://", "http://a:b@");
    let server = Server::start(move |seen| {
        let host = seen.header("host").unwrap().to_owned();
        vec![Say::Text(match seen.path() {
            "/same" => redirect(302, &format!("http://a:b@{host}/x")),
            _ => redirect(302, &elsewhere),
        })]
    })
    .await;
    let (web, _) = web(config());
    for path in ["/same", "/other"] {
        let fetch = get(FetchKind::Document, &server.url(path));
        let error = web.fetch(fetch).await.expect_err(path);
        assert_eq!(error.code, 11205, "{error:?}");
        assert!(!error.message.contains("a:b"), "{error:?}");
    }
    assert_eq!(target.connections(), 0);
}
