//! Dead letters: listed, fetched and sent again, in both dialects.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use confab_rest::Dialect;
use confab_store::{DeadLetter, DeathReason, OutboxEvent};
use confab_switchboard::{About, TimeOuts};
use confab_terms::{CallSid, ConferenceSid, Method, Sid, WallTime};
use serde_json::{Value, json};

use crate::common::{ACCOUNT, Bench, Memory, account, keys, posted, usual};

const LISTED: [&str; 16] = [
    "account_sid",
    "api_version",
    "call_sid",
    "conference_sid",
    "date_created",
    "date_updated",
    "error_code",
    "idempotency_token",
    "message_text",
    "more_info",
    "request_method",
    "request_url",
    "response_status",
    "sid",
    "status",
    "uri",
];

fn uuid(n: u32) -> CallSid {
    CallSid::from_random(u128::from(n))
}

/// Returns a dead letter: every third belongs to a call, every second has expired.
fn dead(n: u32) -> DeadLetter {
    let about = match n % 3 {
        0 => About::Call(uuid(900)),
        _ => About::Conference(ConferenceSid::from_random(901)),
    };
    let has_expired = n.is_multiple_of(2);
    DeadLetter {
        event: Arc::new(OutboxEvent {
            token: uuid(n).to_string(),
            about,
            url: "http://app.example.com/events".to_owned(),
            method: Method::Post,
            fields: vec![("FriendlyName".to_owned(), "Room & 1".to_owned())],
            time_outs: TimeOuts::default(),
            created: WallTime(i64::from(n) * 1_000),
            bytes: 300,
        }),
        date_updated: WallTime(i64::from(n) * 1_000 + 86_400_000),
        reason: DeathReason {
            code: if has_expired { 11_200 } else { 11_217 },
            message: "no answer".to_owned(),
            has_expired,
            status: (!has_expired).then_some(404),
        },
    }
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
    let bench = Bench::speaking(dialect, usual, store);
    *bench.dead.letters.lock().unwrap() = (1..=5).map(dead).collect();
    bench
}

fn sid(dialect: Dialect, n: u32) -> String {
    match dialect {
        Dialect::SignalWire => uuid(n).to_string(),
        Dialect::Twilio => uuid(n).prefixed().replacen("CA", "DL", 1),
    }
}

fn path(rest: &str) -> String {
    format!("/2010-04-01/Accounts/{ACCOUNT}/DeadLetters{rest}")
}

async fn post(bench: &Bench, sid: &str) -> crate::common::Answer {
    let form = "application/x-www-form-urlencoded";
    let path = path(&format!("/{sid}.json"));
    bench.send(posted(&path, form, String::new())).await
}

fn sids(page: &Value) -> Vec<&str> {
    let items = page["dead_letters"].as_array().unwrap();
    items
        .iter()
        .map(|one| one["sid"].as_str().unwrap())
        .collect()
}

#[tokio::test]
async fn pages_hold_the_newest_first() {
    for dialect in [Dialect::SignalWire, Dialect::Twilio] {
        let bench = bench(dialect);
        let mut next = path(".json?PageSize=2");
        let mut all = Vec::new();
        for expected in [2, 2, 1] {
            let page = bench.ask("GET", &next).await;
            assert_eq!(page.status, 200);
            let page = page.json();
            assert_eq!(sids(&page).len(), expected);
            all.extend(sids(&page).into_iter().map(str::to_owned));
            next = page["next_page_uri"].as_str().unwrap_or("").to_owned();
        }
        assert_eq!(next, "");
        let expected: Vec<String> = (1..=5).rev().map(|n| sid(dialect, n)).collect();
        assert_eq!(all, expected);
    }
}

#[tokio::test]
async fn one_shows_the_request_and_the_reason() {
    for dialect in [Dialect::SignalWire, Dialect::Twilio] {
        let bench = bench(dialect);
        let listed = bench.ask("GET", &path(".json")).await.json();
        let first = &listed["dead_letters"][0];
        assert_eq!(keys(first), LISTED);
        let one = bench
            .ask("GET", &path(&format!("/{}", sid(dialect, 3))))
            .await;
        assert_eq!(one.status, 200);
        let one = one.json();
        assert_eq!(one["request_variables"], "FriendlyName=Room+%26+1");
        assert_eq!(one["call_sid"], dialect.spell(uuid(900)));
        assert_eq!(one["conference_sid"], Value::Null);
        assert_eq!(one["error_code"], "11217");
        assert_eq!(one["response_status"], 404);
        assert_eq!(one["status"], "failed");
        assert_eq!(one["idempotency_token"], uuid(3).to_string());
        assert_eq!(one["date_created"], "Thu, 01 Jan 1970 00:00:03 +0000");
        assert_eq!(one["date_updated"], "Fri, 02 Jan 1970 00:00:03 +0000");
        let uri = one["uri"].as_str().unwrap();
        assert!(uri.ends_with(&format!("/DeadLetters/{}.json", sid(dialect, 3))));
        let expired = path(&format!("/{}", sid(dialect, 2)));
        let expired = bench.ask("GET", &expired).await.json();
        assert_eq!(
            [&expired["status"], &expired["response_status"]],
            [&json!("expired"), &Value::Null]
        );
    }
}

#[tokio::test]
async fn a_post_sends_one_again_once() {
    for dialect in [Dialect::SignalWire, Dialect::Twilio] {
        let bench = bench(dialect);
        let one = sid(dialect, 4);
        bench.dead.is_full.store(true, Ordering::Relaxed);
        let full = post(&bench, &one).await;
        full.is_error(429, 20429);
        assert!(full.headers.contains_key("retry-after"));
        bench.dead.is_full.store(false, Ordering::Relaxed);
        let queued = post(&bench, &one).await;
        assert_eq!(queued.status, 200);
        let queued = queued.json();
        assert_eq!(keys(&queued), LISTED);
        assert_eq!(
            (&queued["sid"], &queued["status"]),
            (&json!(one), &json!("queued"))
        );
        post(&bench, &one).await.is_error(404, 20404);
        let gone = path(&format!("/{one}"));
        bench.ask("GET", &gone).await.is_error(404, 20404);
        assert_eq!(
            sids(&bench.ask("GET", &path(".json")).await.json()).len(),
            4
        );
    }
}

#[tokio::test]
async fn unknown_sids_and_other_methods_are_refused() {
    for dialect in [Dialect::SignalWire, Dialect::Twilio] {
        let bench = bench(dialect);
        let other = match dialect {
            Dialect::SignalWire => sid(Dialect::Twilio, 1),
            Dialect::Twilio => sid(Dialect::SignalWire, 1),
        };
        for unknown in [sid(dialect, 77), other, "x".to_owned(), "%00".to_owned()] {
            let path = path(&format!("/{unknown}"));
            bench.ask("GET", &path).await.is_error(404, 20404);
            post(&bench, &unknown).await.is_error(404, 20404);
        }
        let one = path(&format!("/{}", sid(dialect, 1)));
        bench.ask("DELETE", &one).await.is_error(405, 10000);
        let elsewhere = format!("/2010-04-01/Accounts/{}/DeadLetters", uuid(5));
        bench.ask("GET", &elsewhere).await.is_error(404, 20404);
    }
}
