//! OPTIONS without credentials, and cross-origin requests of browsers.

use axum::body::Body;
use axum::http::{HeaderMap, Request, header};

use crate::common::{ACCOUNT, Answer, Bench, CALL, CONFERENCE, ORIGIN, basic, participant_path};
use crate::common::{TOKEN, request};

fn account(rest: &str) -> String {
    format!("/2010-04-01/Accounts/{ACCOUNT}{rest}")
}

async fn sent(bench: &Bench, method: &str, path: &str, headers: &[(&str, &str)]) -> Answer {
    let mut builder = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        builder = builder.header(*name, *value);
    }
    bench.send(builder.body(Body::empty()).unwrap()).await
}

/// Returns all headers of the CORS protocol.
fn cors(headers: &HeaderMap) -> Vec<(String, String)> {
    let all = headers.iter();
    let cors = all.filter(|(name, _)| name.as_str().starts_with("access-control-"));
    cors.map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
        .collect()
}

#[tokio::test]
async fn options_needs_no_credentials_and_names_the_methods() {
    let bench = Bench::usual();
    let participant = participant_path(CONFERENCE, CALL);
    for (path, methods) in [
        (participant.clone(), "GET,HEAD,POST,DELETE,OPTIONS"),
        (
            format!("/api/laml{participant}.json"),
            "GET,HEAD,POST,DELETE,OPTIONS",
        ),
        (account("/Calls.json"), "GET,HEAD,POST,OPTIONS"),
        (account(""), "GET,HEAD,OPTIONS"),
        ("/healthz".to_owned(), "GET,HEAD,OPTIONS"),
        // Paths of another account look the same: the response does not reveal the difference.
        (
            account("/Calls").replace(ACCOUNT, CALL),
            "GET,HEAD,POST,OPTIONS",
        ),
    ] {
        let answer = sent(&bench, "OPTIONS", &path, &[]).await;
        assert_eq!(
            (answer.status.as_u16(), answer.body.len()),
            (204, 0),
            "{path}"
        );
        let allow = answer.headers[header::ALLOW].to_str().unwrap();
        let sorted = |list: &str| {
            let mut words: Vec<String> = list.split(',').map(|w| w.trim().to_owned()).collect();
            words.sort();
            words
        };
        assert_eq!(sorted(allow), sorted(methods), "{path}");
    }
    sent(&bench, "OPTIONS", &account("/Nonsense"), &[])
        .await
        .is_error(404, 20404);
    assert_eq!(bench.questions(), []);
}

#[tokio::test]
async fn preflight_of_a_listed_origin_is_answered() {
    let bench = Bench::usual();
    let path = participant_path(CONFERENCE, CALL);
    let preflight = [
        ("origin", ORIGIN),
        ("access-control-request-method", "POST"),
        (
            "access-control-request-headers",
            "authorization,content-type",
        ),
    ];
    let answer = sent(&bench, "OPTIONS", &path, &preflight).await;
    assert_eq!(answer.status, 204);
    assert_eq!(answer.headers["access-control-allow-origin"], ORIGIN);
    assert_eq!(
        answer.headers["access-control-allow-methods"],
        "GET, POST, DELETE"
    );
    let allowed = "Authorization, Content-Type, If-None-Match";
    assert_eq!(answer.headers["access-control-allow-headers"], allowed);
    assert_eq!(answer.headers[header::VARY], "Origin");
    assert!(
        !answer
            .headers
            .contains_key("access-control-allow-credentials")
    );
}

#[tokio::test]
async fn response_to_a_listed_origin_can_be_read_errors_too() {
    let bench = Bench::usual();
    let path = participant_path(CONFERENCE, CALL);
    let authorization = basic(ACCOUNT, TOKEN);
    for (path, authorization, status) in [
        (path.as_str(), Some(authorization.as_str()), 200),
        (path.as_str(), None, 401),
        ("/nothing", None, 404),
    ] {
        let mut headers = vec![("origin", ORIGIN)];
        headers.extend(authorization.map(|value| ("authorization", value)));
        let answer = sent(&bench, "POST", path, &headers).await;
        assert_eq!(answer.status, status, "{path}");
        let wanted = [
            ("access-control-allow-origin", ORIGIN),
            ("access-control-expose-headers", "ETag, X-Applied-Tick"),
        ];
        let found = cors(&answer.headers);
        let found: Vec<_> = found
            .iter()
            .map(|(n, v)| (n.as_str(), v.as_str()))
            .collect();
        assert_eq!(found, wanted);
        assert_eq!(answer.headers[header::VARY], "Origin");
    }
}

#[tokio::test]
async fn unlisted_origin_gets_no_cors_header() {
    let bench = Bench::usual();
    let path = participant_path(CONFERENCE, CALL);
    for origin in [
        "https://evil.example.com",
        "http://app.example.com",
        "https://app.example.com:8443",
        "https://app.example.com.evil.example",
        "https://APP.example.com",
        "https://app.example.co",
        "null",
        "*",
        "",
    ] {
        for (method, asked) in [("OPTIONS", Some("POST")), ("GET", None)] {
            let mut builder = request(method, &path).header("origin", origin);
            if let Some(asked) = asked {
                builder = builder.header("access-control-request-method", asked);
            }
            let answer = bench.send(builder.body(Body::empty()).unwrap()).await;
            assert_eq!(cors(&answer.headers), [], "{method} from {origin}");
            assert_eq!(answer.headers[header::VARY], "Origin");
        }
    }
}
