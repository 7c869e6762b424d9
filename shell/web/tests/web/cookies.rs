//! Cookies: kept for one call, sent to the host that set them, over redirects too.

use confab_switchboard::{Cookie, Cookies, Fetch, FetchKind};
use confab_terms::{Method, WallTime};
use confab_web::Web;

use crate::servers::{Say, Seen, Server, config, get, ok, post, redirect, web};

/// Returns a document response that sets these cookies.
fn setting(cookies: &[&str]) -> String {
    let lines = cookies.iter().map(|text| format!("Set-Cookie: {text}\r\n"));
    let lines: String = lines.collect();
    let plain = ok("text/xml", "<Response/>");
    plain.replacen("\r\n", &format!("\r\n{lines}"), 1)
}

/// Fetches a document, adds its cookies, and returns their number.
async fn ask(web: &Web, cookies: &mut Cookies, url: &str) -> usize {
    let fetch = Fetch {
        cookies: cookies.clone(),
        ..post(FetchKind::Document, url, &[("CallSid", "CA1")])
    };
    let (result, set) = web.fetch_with_cookies(fetch).await;
    result.expect("a document");
    let count = set.len();
    for cookie in set {
        cookies.set(cookie, WallTime(1));
    }
    count
}

fn sent(seen: &Seen) -> Option<&str> {
    seen.header("cookie")
}

#[tokio::test]
async fn cookie_of_one_response_is_sent_with_the_next_request() {
    let server = Server::start(|seen| {
        let set: &[&str] = match seen.path() {
            "/voice" => &[
                "PHPSESSID=abc123; path=/; HttpOnly; SameSite=Lax",
                "deep=1; Path=/x",
            ],
            "/over" => &["PHPSESSID=; Max-Age=0; path=/"],
            _ => &[],
        };
        vec![Say::Text(setting(set))]
    })
    .await;
    let (web, _) = web(config());
    let mut cookies = Cookies::default();
    assert_eq!(ask(&web, &mut cookies, &server.url("/voice")).await, 2);
    for path in ["/next", "/x/y", "/over", "/last"] {
        ask(&web, &mut cookies, &server.url(path)).await;
    }
    let seen = server.seen();
    let all: Vec<_> = seen.iter().map(sent).collect();
    let session = Some("PHPSESSID=abc123");
    let both = Some("deep=1; PHPSESSID=abc123");
    assert_eq!(all, [None, session, both, session, None]);
}

#[tokio::test]
async fn cookie_never_goes_to_another_host() {
    let other = Server::start_at("127.0.0.2:0".parse().unwrap(), |_| {
        vec![Say::Text(setting(&[
            "theirs=2; Domain=127.0.0.1",
            "mine=3",
        ]))]
    })
    .await;
    let there = other.url("/there");
    let server = Server::start(move |seen| {
        vec![Say::Text(match seen.path() {
            "/away" => redirect(307, &there).replacen("\r\n", "\r\nSet-Cookie: a=1\r\n", 1),
            "/home" => redirect(302, "/end").replacen("\r\n", "\r\nSet-Cookie: b=2\r\n", 1),
            _ => setting(&[]),
        })]
    })
    .await;
    let (web, _) = web(config());
    let mut cookies = Cookies::default();
    assert_eq!(ask(&web, &mut cookies, &server.url("/away")).await, 2);
    assert_eq!(ask(&web, &mut cookies, &server.url("/home")).await, 1);
    ask(&web, &mut cookies, &other.url("/again")).await;
    let elsewhere = other.seen();
    let elsewhere: Vec<_> = elsewhere.iter().map(sent).collect();
    assert_eq!(elsewhere, [None, Some("mine=3")]);
    let here = server.seen();
    let here: Vec<_> = here.iter().map(sent).collect();
    // The redirect within a fetch carries the cookie that its response set.
    assert_eq!(here, [None, Some("a=1"), Some("a=1; b=2")]);
}

#[tokio::test]
async fn failure_keeps_its_cookies_and_shows_none() {
    let server = Server::saying(
        "HTTP/1.1 500 Oops\r\nSet-Cookie: sid=very-secret\r\nX-Shown: yes\r\n\
         Content-Length: 4\r\n\r\nOops",
    )
    .await;
    let (web, _) = web(config());
    let (result, set) = web
        .fetch_with_cookies(get(FetchKind::Document, &server.url("/")))
        .await;
    let error = result.expect_err("a failure");
    assert_eq!(set[0].value, "very-secret");
    let shown = format!("{error:?} {set:?}");
    assert!(
        shown.contains("x-shown") && !shown.contains("very-secret"),
        "{shown}"
    );
}

#[tokio::test]
async fn secure_cookies_are_for_https_and_audio_of_a_session_is_not_shared() {
    let server = Server::start(|_| vec![Say::Text(ok("audio/wav", "RIFF"))]).await;
    let (web, _) = web(config());
    let url = server.url("/tone.wav");
    let site = format!("127.0.0.1:{}", server.address.port());
    for (value, secure) in [("1", false), ("2", false), ("3", true)] {
        let mut cookies = Cookies::default();
        let cookie = Cookie {
            site: site.clone(),
            path: "/".to_owned(),
            name: "sid".to_owned(),
            value: value.to_owned(),
            secure,
            expires: None,
        };
        cookies.set(cookie, WallTime(1));
        let fetch = Fetch {
            cookies,
            ..get(FetchKind::Audio, &url)
        };
        assert_eq!(fetch.method, Method::Get);
        web.fetch(fetch).await.expect("audio");
    }
    let seen = server.seen();
    let seen: Vec<_> = seen.iter().map(sent).collect();
    assert_eq!(seen, [Some("sid=1"), Some("sid=2"), None]);
}
