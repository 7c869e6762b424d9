//! The signature, by the vectors that four vendors' validators agree on.

use confab_switchboard::FetchKind;
use confab_web::{SigningKey, body_sha256};
use url::Url;

use crate::servers::{KEY, Server, config, get, ok, post, web};

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

    // Nothing is said, nothing is signed.
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
