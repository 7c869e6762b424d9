//! API keys: created, listed, renamed, deleted, and used for authentication.

use axum::body::Body;
use axum::http::{Request, header};
use confab_rest::Dialect;
use serde_json::{Value, json};

use crate::common::{
    ACCOUNT, Answer, Bench, CALL, CONFERENCE, Memory, TOKEN, UNREADABLE_KEY, account, basic, keys,
    participant_path, posted, usual,
};

const FORM: &str = "application/x-www-form-urlencoded";

fn path(rest: &str) -> String {
    format!("/2010-04-01/Accounts/{ACCOUNT}/Keys{rest}")
}

fn bench(dialect: Dialect) -> Bench {
    let store = Memory {
        account: account(),
        keys: std::sync::Mutex::default(),
        is_degraded: Default::default(),
        conferences: vec![],
        calls: vec![],
        notices: std::sync::Mutex::default(),
        recordings: std::sync::Mutex::default(),
    };
    Bench::speaking(dialect, usual, store)
}

async fn post(bench: &Bench, rest: &str, form: &str) -> Answer {
    bench.send(posted(&path(rest), FORM, form.to_owned())).await
}

async fn made(bench: &Bench) -> (String, String) {
    let made = post(bench, ".json", "FriendlyName=desk").await.json();
    let text = |name: &str| made[name].as_str().unwrap().to_owned();
    (text("sid"), text("secret"))
}

async fn as_user(bench: &Bench, user: &str, secret: &str, path: &str) -> Answer {
    let request = Request::builder().uri(path);
    let request = request.header(header::AUTHORIZATION, basic(user, secret));
    bench.send(request.body(Body::empty()).unwrap()).await
}

#[tokio::test]
async fn secret_is_in_the_response_to_the_creation_only() {
    for dialect in [Dialect::SignalWire, Dialect::Twilio] {
        let bench = bench(dialect);
        let answer = post(&bench, ".json", "FriendlyName=desk").await;
        assert_eq!(answer.status, 201);
        let made = answer.json();
        let all = [
            "date_created",
            "date_updated",
            "friendly_name",
            "secret",
            "sid",
        ];
        assert_eq!(keys(&made), all);
        let sid = made["sid"].as_str().unwrap();
        let digits = sid.strip_prefix("SK").unwrap();
        assert!(
            digits.len() == 32 && digits.bytes().all(|b| b.is_ascii_hexdigit()),
            "{sid}"
        );
        let wanted = json!({
            "sid": sid,
            "friendly_name": "desk",
            "date_created": "Tue, 17 Nov 2026 12:34:56 +0000",
            "date_updated": "Tue, 17 Nov 2026 12:34:56 +0000",
        });
        let one = path(&format!("/{sid}.json"));
        assert_eq!(bench.ask("GET", &one).await.json(), wanted);
        let listed = bench.ask("GET", &path(".json")).await.json();
        assert_eq!(listed["keys"], json!([wanted]));
        assert_eq!(listed["page"], 0);
        let renamed = post(&bench, &format!("/{sid}.json"), "FriendlyName=other")
            .await
            .json();
        assert_eq!(renamed["friendly_name"], "other");
        assert_eq!(renamed.get("secret"), None);
        // Without a field that changes anything.
        let same = post(&bench, &format!("/{sid}"), "FriendlyName=")
            .await
            .json();
        assert_eq!(same["friendly_name"], "other");
        let deleted = bench.ask("DELETE", &one).await;
        assert_eq!((deleted.status.as_u16(), deleted.body.len()), (204, 0));
        for method in ["GET", "DELETE", "POST"] {
            bench.ask(method, &one).await.is_error(404, 20404);
        }
        assert_eq!(bench.ask("GET", &path("")).await.json()["keys"], json!([]));
    }
}

#[tokio::test]
async fn key_signs_in_wherever_the_account_does_until_it_is_deleted() {
    let bench = bench(Dialect::SignalWire);
    let (sid, secret) = made(&bench).await;
    let participant = participant_path(CONFERENCE, CALL);
    let paths = [
        "/2010-04-01/Accounts".to_owned(),
        format!("/2010-04-01/Accounts/{ACCOUNT}.json"),
        format!("/api/laml/2010-04-01/Accounts/AC{ACCOUNT}/Calls.json"),
        participant.clone(),
        path(""),
    ];
    for path in &paths {
        assert_eq!(
            as_user(&bench, &sid, &secret, path).await.status,
            200,
            "{path}"
        );
    }
    let other = participant.replace(ACCOUNT, CONFERENCE);
    as_user(&bench, &sid, &secret, &other)
        .await
        .is_error(404, 20404);
    let removed = bench.ask("DELETE", &path(&format!("/{sid}"))).await;
    assert_eq!(removed.status, 204);
    for path in &paths {
        as_user(&bench, &sid, &secret, path)
            .await
            .is_error(401, 20003);
    }
}

#[tokio::test]
async fn wrong_key_or_secret_is_401() {
    let bench = bench(Dialect::SignalWire);
    let (sid, secret) = made(&bench).await;
    let (other, _) = made(&bench).await;
    let participant = participant_path(CONFERENCE, CALL);
    let unknown = "SK00000000000040008000000000000009";
    for (user, password) in [
        (sid.as_str(), ""),
        (sid.as_str(), "x"),
        (sid.as_str(), TOKEN),
        (other.as_str(), secret.as_str()),
        (unknown, secret.as_str()),
        (unknown, ""),
        (ACCOUNT, secret.as_str()),
        (&sid[2..], secret.as_str()),
        (&sid.to_lowercase(), secret.as_str()),
        ("SK", secret.as_str()),
        ("SK11111111-1111-4111-8111-111111111111", TOKEN),
    ] {
        let answer = as_user(&bench, user, password, &participant).await;
        answer.is_error(401, 20003);
    }
    // A key whose secret cannot be decrypted is rejected too.
    let answer = as_user(&bench, UNREADABLE_KEY, "", &participant).await;
    answer.is_error(500, 20001);
    let message = answer.json()["message"].as_str().unwrap().to_owned();
    assert!(
        message.contains("key file") && message.contains(UNREADABLE_KEY),
        "{message}"
    );
    assert_eq!(bench.questions(), []);
}

#[tokio::test]
async fn name_and_number_of_keys_are_limited() {
    let bench = bench(Dialect::SignalWire);
    let long = "é".repeat(65);
    for name in [long.as_str(), "a%0Ab"] {
        post(&bench, "", &format!("FriendlyName={name}"))
            .await
            .is_error(422, 10000);
    }
    let longest = "é".repeat(64);
    let answer = post(&bench, "", &format!("FriendlyName={longest}")).await;
    assert_eq!(
        (answer.status.as_u16(), &answer.json()["friendly_name"]),
        (201, &json!(longest))
    );
    assert_eq!(
        post(&bench, "", "").await.json()["friendly_name"],
        json!("")
    );
    let full = post(&bench, "", "").await;
    full.is_error(422, 10000);
    assert!(full.json()["message"].as_str().unwrap().contains("maximum"));
    let sid = "SK00000000000040008000000000000001";
    let answer = post(&bench, &format!("/{sid}"), &format!("FriendlyName={long}")).await;
    answer.is_error(422, 10000);
    for unknown in ["SK00000000000040008000000000000009", "nonsense", ACCOUNT] {
        let unknown = format!("/{unknown}");
        post(&bench, &unknown, "FriendlyName=x")
            .await
            .is_error(404, 20404);
    }
}

#[tokio::test]
async fn list_is_paged() {
    let bench = bench(Dialect::Twilio);
    let (first, _) = made(&bench).await;
    let (second, _) = made(&bench).await;
    let page = bench.ask("GET", &path(".json?PageSize=1")).await.json();
    let next = page["next_page_uri"].as_str().unwrap().to_owned();
    let rest = bench.ask("GET", &next).await.json();
    let sid = |page: &Value| page["keys"][0]["sid"].as_str().unwrap().to_owned();
    let mut found = [sid(&page), sid(&rest)];
    found.sort();
    let mut made = [first, second];
    made.sort();
    assert_eq!(found, made);
    assert_eq!(rest["next_page_uri"], Value::Null);
}
