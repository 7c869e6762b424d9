//! Notifications: listed, fetched, filtered; and the Notification of a rejected update.

use std::sync::Mutex;

use crate::common::{
    ACCOUNT, Bench, CALL, CONFERENCE, Memory, account, basic, keys, participant_path, posted,
};
use confab_store::KeptNotice;
use confab_switchboard::{Exchange, Notice, Severity};
use confab_terms::{CallSid, Method, WallTime};
use serde_json::{Value, json};

const DAY: i64 = 86_400_000;
const FORM: &str = "application/x-www-form-urlencoded";
const LISTED: [&str; 14] = [
    "account_sid",
    "api_version",
    "call_sid",
    "date_created",
    "date_updated",
    "error_code",
    "log",
    "message_date",
    "message_text",
    "more_info",
    "request_method",
    "request_url",
    "sid",
    "uri",
];

fn sid(n: u32) -> String {
    CallSid::from_random(u128::from(n)).to_string()
}

fn notice(n: u32, call: Option<u32>) -> KeptNotice {
    let exchange = Exchange {
        fields: vec![
            ("From".to_owned(), "sip:a@b".to_owned()),
            ("X".to_owned(), "é &".to_owned()),
        ],
        status: Some(404),
        headers: vec![
            ("content-type".to_owned(), "text/html".to_owned()),
            ("server".to_owned(), "s".to_owned()),
        ],
        body: "gone".to_owned(),
    };
    KeptNotice {
        sid: sid(n),
        notice: Notice {
            code: 11217,
            severity: if n == 3 {
                Severity::Warning
            } else {
                Severity::Error
            },
            message: "no answer".to_owned(),
            at: WallTime(i64::from(n) * DAY),
            call: call.map(|call| sid(call).parse().unwrap()),
            conference: None,
            url: Some("http://e/hold".to_owned()),
            method: Some(Method::Get),
            exchange: Some(Box::new(exchange)),
        },
    }
}

fn bench() -> Bench {
    let store = Memory {
        account: account(),
        keys: std::sync::Mutex::default(),
        is_degraded: Default::default(),
        conferences: vec![],
        calls: vec![crate::common::call(&sid(5)), crate::common::call(&sid(6))],
        recordings: Mutex::default(),
        notices: Mutex::new(vec![
            notice(1, Some(5)),
            notice(2, None),
            notice(3, Some(6)),
        ]),
    };
    Bench::with_store(crate::common::usual, store)
}

impl Bench {
    async fn below(&self, path: &str) -> Value {
        let path = format!("/2010-04-01/Accounts/{ACCOUNT}{path}");
        let answer = self.ask("GET", &path).await;
        assert_eq!(answer.status, 200, "{path}");
        answer.json()
    }

    async fn listed(&self, path: &str) -> Vec<String> {
        let page = self.below(path).await;
        let items = page["notifications"].as_array().unwrap();
        items
            .iter()
            .map(|one| one["sid"].as_str().unwrap().to_owned())
            .collect()
    }
}

#[tokio::test]
async fn lists_have_filters_and_leave_the_exchange_out() {
    let bench = bench();
    let of_call = format!("/Calls/{}/Notifications", sid(5));
    let cases: [(&str, &[u32]); 9] = [
        ("/Notifications.json", &[3, 2, 1]),
        ("/Notifications?Log=0", &[2, 1]),
        ("/Notifications?Log=1", &[3]),
        ("/Notifications?MessageDate=1970-01-03", &[2]),
        ("/Notifications?MessageDate%3E=1970-01-03", &[3, 2]),
        ("/Notifications?MessageDate%3C=1970-01-03", &[2, 1]),
        (
            "/Notifications?MessageDate%3E=1970-01-03T00:00:01Z&Log=0",
            &[],
        ),
        ("/Notifications?MessageDate=", &[3, 2, 1]),
        (&of_call, &[1]),
    ];
    for (path, expected) in cases {
        let expected: Vec<String> = expected.iter().map(|n| sid(*n)).collect();
        assert_eq!(bench.listed(path).await, expected, "{path}");
    }
    let page = bench.below("/Notifications").await;
    let first = &page["notifications"][0];
    assert_eq!(keys(first), LISTED);
    let [code, log, method] = ["error_code", "log", "request_method"].map(|key| &first[key]);
    assert_eq!([code, log, method], ["11217", "1", "GET"]);
    for wrong in ["Log=2", "Log=error", "MessageDate=yesterday"] {
        let path = format!("/2010-04-01/Accounts/{ACCOUNT}/Notifications?{wrong}");
        bench.ask("GET", &path).await.is_error(422, 10000);
    }
}

#[tokio::test]
async fn pages_follow_each_other_with_their_filters() {
    let bench = bench();
    let mut next = json!(format!(
        "/2010-04-01/Accounts/{ACCOUNT}/Notifications?Log=0&PageSize=1"
    ));
    let mut seen = Vec::new();
    while let Some(path) = next.as_str() {
        let page = bench.ask("GET", path).await.json();
        seen.push(page["notifications"][0]["sid"].as_str().unwrap().to_owned());
        next = page["next_page_uri"].clone();
    }
    assert_eq!(seen, [sid(2), sid(1)]);
}

#[tokio::test]
async fn one_is_fetched_by_its_own_uri_with_all_that_was_said() {
    let bench = bench();
    let listed = bench.below("/Notifications").await;
    let uri = listed["notifications"][2]["uri"]
        .as_str()
        .unwrap()
        .to_owned();
    let fetched = bench.ask("GET", &uri).await.json();
    let more = ["request_variables", "response_body", "response_headers"];
    let mut expected = [&LISTED[..], &more].concat();
    expected.sort_unstable();
    assert_eq!(keys(&fetched), expected);
    for key in LISTED {
        assert_eq!(fetched[key], listed["notifications"][2][key], "{key}");
    }
    assert_eq!(
        fetched["request_variables"],
        "From=sip%3Aa%40b&X=%C3%A9+%26"
    );
    assert_eq!(
        fetched["response_headers"],
        "content-type: text/html\nserver: s\n"
    );
    assert_eq!(fetched["response_body"], "gone");
    let of_call = format!("/Calls/{}/Notifications/{}.json", sid(5), sid(1));
    assert_eq!(bench.below(&of_call).await, fetched);
    for nowhere in [
        format!("/Calls/{}/Notifications/{}", sid(6), sid(1)),
        format!("/Notifications/{}", sid(9)),
        "/Notifications/x".to_owned(),
    ] {
        let path = format!("/2010-04-01/Accounts/{ACCOUNT}{nowhere}");
        bench.ask("GET", &path).await.is_error(404, 20404);
    }
}

#[tokio::test]
async fn a_refused_update_is_told_with_what_was_asked_and_answered() {
    let bench = Bench::usual();
    let answer = bench
        .update("Muted=perhaps&HoldUrl=http%3A%2F%2Fe%2Fx")
        .await;
    answer.is_error(422, 10000);
    let listed = bench.below(&format!("/Calls/{CALL}/Notifications")).await;
    let uri = listed["notifications"][0]["uri"].as_str().unwrap();
    let told = bench.ask("GET", uri).await.json();
    assert_eq!(told["error_code"], "10000");
    assert_eq!(told["call_sid"], CALL);
    assert_eq!(told["request_method"], "POST");
    assert_eq!(told["request_url"], participant_path(CONFERENCE, CALL));
    assert!(
        told["message_text"].as_str().unwrap().contains("Muted"),
        "{told}"
    );
    assert_eq!(
        told["request_variables"],
        "HoldUrl=http%3A%2F%2Fe%2Fx&Muted=perhaps"
    );
    let headers = told["response_headers"].as_str().unwrap();
    assert!(
        headers.starts_with("content-type: application/json\n"),
        "{headers}"
    );
    let body: Value = serde_json::from_str(told["response_body"].as_str().unwrap()).unwrap();
    assert_eq!(body, answer.json());
}

#[tokio::test]
async fn every_kind_of_refusal_is_told_once_and_nothing_else_is() {
    let bench = Bench::usual();
    let to = participant_path(CONFERENCE, CALL);
    // A successful update, or a request with wrong credentials, leaves no Notification.
    bench.update("Muted=true").await;
    let mut stranger = posted(&to, FORM, "Muted=perhaps");
    let wrong = basic(ACCOUNT, "wrong").parse().unwrap();
    stranger.headers_mut().insert("authorization", wrong);
    assert_eq!(bench.send(stranger).await.status, 401);
    bench
        .ask("GET", &participant_path(CONFERENCE, "nobody/x"))
        .await;
    assert!(bench.listed("/Notifications").await.is_empty());

    let gone = participant_path(&sid(99), CALL);
    let refusals = [
        (posted(&to, FORM, "HoldUrl=nowhere"), "21402"),
        (posted(&to, FORM, "HoldMethod=PUT"), "21209"),
        (posted(&to, "text/plain", "x"), "10000"),
        (posted(&to, "application/json", "{\"Muted\": tru"), "10000"),
        (posted(&to, FORM, "a".repeat(2 << 20)), "10000"),
        (posted(&to, FORM, "Muted=%ff"), "10000"),
        (posted(&gone, FORM, "Muted=true"), "20404"),
    ];
    for (count, (request, code)) in (1..).zip(refusals) {
        bench.send(request).await;
        let told = bench.below("/Notifications?PageSize=1000").await;
        let told = told["notifications"].as_array().unwrap();
        assert_eq!(told.len(), count, "{code}");
        assert!(
            told.iter().any(|one| one["error_code"] == code),
            "{code}: {told:?}"
        );
    }
}
