//! The signature, by test vectors on which four vendors' validators agree.

use confab_switchboard::{Fetch, FetchKind, Fetched};
use confab_terms::Method;
use confab_web::{SigningKey, body_sha256};
use url::Url;

use crate::servers::{KEY, Say, Seen, Server, config, get, ok, post, status, web};

const URL: &str = "https://app.example.com/conference/events?room=42";

fn fields() -> Vec<(String, String)> {
    [
        ("ConferenceSid", "22222222-2222-4222-8222-222222222222"),
        ("FriendlyName", "Room & 1"),
        ("AccountSid", "11111111-1111-4111-8111-111111111111"),
        ("StatusCallbackEvent", "participant-join"),
        ("CallSid", "33333333-3333-4333-8333-333333333333"),
        ("Muted", "false"),
        ("Hold", "false"),
        ("Coaching", "false"),
        ("SequenceNumber", "2"),
        ("Timestamp", "Tue, 17 Nov 2026 12:34:56 +0000"),
        ("Empty", ""),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .to_vec()
}

fn sign(url: &str, fields: &[(String, String)]) -> String {
    SigningKey::new(KEY).sign(&Url::parse(url).unwrap(), fields)
}

#[test]
fn the_vectors_hold() {
    assert_eq!(sign(URL, &fields()), "9KfTU3z0ZvOq7V+woMEi33x2bTQ=");
    let mut backwards = fields();
    backwards.reverse();
    assert_eq!(sign(URL, &backwards), "9KfTU3z0ZvOq7V+woMEi33x2bTQ=");
    assert_eq!(sign(URL, &[]), "3Oa/SRJ34MTod9Lpg63kilFAgPI=");
    let hash = body_sha256(br#"{"event":"participant-join","n":1}"#);
    let url = format!("https://app.example.com/json?bodySHA256={hash}");
    assert_eq!(sign(&url, &[]), "dXk8AtAvx5sGqDZjIxWzlDE7du8=");
}

#[test]
fn the_url_is_canonical() {
    let canonical = sign("https://app.example.com/x", &fields());
    for other in [
        "https://APP.example.com/x",
        "https://app.example.com:443/x#ot=100",
    ] {
        assert_eq!(sign(other, &fields()), canonical, "{other}");
    }
    assert_eq!(
        sign("http://app.example.com", &[]),
        sign("http://app.example.com/", &[])
    );
    assert_ne!(sign("https://app.example.com:444/x", &fields()), canonical);
}

#[test]
fn the_key_is_never_printed() {
    assert!(!format!("{:?}", SigningKey::new(KEY)).contains("PSK"));
}

#[tokio::test]
async fn what_is_sent_is_what_was_signed() {
    let server = Server::saying(ok("text/xml", "<Response/>")).await;
    let (web, _) = web(config());
    let url = server.url("/a?room=42");
    let pairs = [("Name", "Müller & Söhne"), ("Empty", ""), ("B", "a=b+c d")];
    let sent = post(FetchKind::Document, &url, &pairs);
    let fields = sent.fields.clone();
    web.fetch(sent).await.expect("a document");
    let mut asked = get(FetchKind::Document, &url);
    asked.fields = fields.clone();
    web.fetch(asked).await.expect("a document");
    web.fetch(get(FetchKind::Document, &url))
        .await
        .expect("a document");

    let seen = server.seen();
    let key = SigningKey::new(KEY);
    assert_eq!(seen[0].method(), "POST");
    assert_eq!(seen[0].path(), "/a?room=42");
    assert_eq!(
        seen[0].header("content-type"),
        Some("application/x-www-form-urlencoded")
    );
    let read: Vec<_> = url::form_urlencoded::parse(seen[0].body.as_bytes())
        .into_owned()
        .collect();
    assert_eq!(read, fields);
    let signature = key.sign(&Url::parse(&url).unwrap(), &fields);
    assert_eq!(
        seen[0].header("x-signalwire-signature"),
        Some(signature.as_str())
    );
    assert_eq!(
        seen[0].header("x-twilio-signature"),
        Some(signature.as_str())
    );

    assert_eq!(seen[1].method(), "GET");
    assert!(
        seen[1].path().starts_with("/a?room=42&Name=M%C3%BCller"),
        "{}",
        seen[1].path()
    );
    let whole = Url::parse(&server.url(seen[1].path())).unwrap();
    assert_eq!(
        seen[1].header("x-twilio-signature"),
        Some(key.sign(&whole, &[]).as_str())
    );
    assert!(seen[1].body.is_empty());

    // A request without fields is not signed.
    assert_eq!(seen[2].header("x-twilio-signature"), None);
    for one in seen {
        assert_eq!(one.header("accept-encoding"), None);
        assert_eq!(one.header("cookie"), None);
        assert!(
            one.header("user-agent")
                .unwrap_or_default()
                .starts_with("confab/")
        );
    }
}

/// Starts a file store that rejects confab's fields in the query with this status.
async fn store(refusal: u16) -> Server {
    Server::start(move |seen| {
        let has_fields = seen.path().contains("CallSid");
        vec![Say::Text(match has_fields {
            true => status(refusal),
            false => ok("audio/wav", "RIFF"),
        })]
    })
    .await
}

fn hold(url: &str, call: &str) -> Fetch {
    Fetch {
        method: Method::Get,
        ..post(FetchKind::DocumentOrAudio, url, &[("CallSid", call)])
    }
}

fn signature(seen: &Seen, server: &Server) -> bool {
    let url = server.url(seen.path()).parse().unwrap();
    let expected = SigningKey::new(KEY).sign(&url, &[]);
    seen.header("x-twilio-signature") == Some(expected.as_str())
}

#[tokio::test]
async fn signed_url_is_requested_without_our_fields() {
    for query in [
        "X-Amz-Expires=60&X-Amz-Signature=f0",
        "Expires=9&Signature=a%2Bb%3D&Key-Pair-Id=K",
        "sv=2024-01-01&SIG=a%2Fb",
    ] {
        let server = store(403).await;
        let (web, _) = web(config());
        let path = format!("/music.mp3?{query}");
        let fetched = web.fetch(hold(&server.url(&path), "CA1")).await;
        assert!(matches!(fetched, Ok(Fetched::Audio { .. })), "{fetched:?}");
        let seen = server.seen();
        assert_eq!(seen.len(), 1);
        assert_eq!(seen[0].path(), path);
        assert!(signature(&seen[0], &server), "{}", seen[0].head);
    }
}

#[tokio::test]
async fn refused_fields_are_left_out_once_and_from_then_on() {
    for refusal in [400, 401, 403] {
        let server = store(refusal).await;
        let (web, _) = web(config());
        for (query, call) in [("t=1", "CA1"), ("t=2", "CA2"), ("t=3", "CA3")] {
            let url = server.url(&format!("/music.mp3?{query}"));
            let fetched = web.fetch(hold(&url, call)).await;
            assert!(matches!(fetched, Ok(Fetched::Audio { .. })), "{fetched:?}");
        }
        let seen = server.seen();
        let paths: Vec<_> = seen.iter().map(Seen::path).collect();
        let expected = [
            "/music.mp3?t=1&CallSid=CA1",
            "/music.mp3?t=1",
            "/music.mp3?t=2",
            "/music.mp3?t=3",
        ];
        assert_eq!(paths, expected);
        assert!(seen.iter().all(|seen| signature(seen, &server)));
    }
}

#[tokio::test]
async fn other_refusals_and_other_requests_are_not_repeated() {
    let server = store(404).await;
    let (web, _) = web(config());
    let url = server.url("/music.mp3");
    let error = web.fetch(hold(&url, "CA1")).await.expect_err("refused");
    assert_eq!(error.status, Some(404));
    assert_eq!(server.seen().len(), 1);

    let closed = Server::start(|_| vec![Say::Text(status(403))]).await;
    let url = closed.url("/music.mp3");
    for _ in 0..2 {
        let error = web.fetch(hold(&url, "CA1")).await.expect_err("refused");
        assert_eq!((error.code, error.status), (11217, Some(403)));
    }
    assert_eq!(
        closed.seen().len(),
        4,
        "a refusal of both is not remembered"
    );

    let signed = closed.url("/voice?Signature=1");
    for fetch in [
        post(FetchKind::DocumentOrAudio, &signed, &[("CallSid", "CA1")]),
        Fetch {
            kind: FetchKind::Document,
            ..hold(&signed, "CA1")
        },
    ] {
        web.fetch(fetch).await.expect_err("refused");
    }
    let seen = closed.seen();
    assert_eq!(seen.len(), 6);
    assert!(seen[4].body.contains("CallSid=CA1"));
    assert_eq!(seen[5].path(), "/voice?Signature=1&CallSid=CA1");
}
