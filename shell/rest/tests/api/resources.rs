//! Resources as JSON: exactly the keys of SignalWire's closed schemas (`golden/`), and values as in
//! its documentation.

use crate::common::{ACCOUNT, Bench, CALL, CONFERENCE, OTHER_CALL, keys, participant_path};
use serde_json::{Value, json};

fn has_keys(value: &Value, golden: &str) {
    let golden: Vec<&str> = golden.lines().collect();
    assert_eq!(keys(value), golden);
}

fn below(rest: &str) -> String {
    format!("/2010-04-01/Accounts/{ACCOUNT}{rest}")
}

#[tokio::test]
async fn a_participant() {
    let answer = Bench::usual().update("Muted=true").await;
    has_keys(&answer.json(), include_str!("golden/participant.txt"));
    let wanted = json!({
        "account_sid": ACCOUNT,
        "call_sid": CALL,
        "call_sid_to_coach": null,
        "coaching": false,
        "conference_sid": CONFERENCE,
        "date_created": "Tue, 17 Nov 2026 12:34:56 +0000",
        "date_updated": "Tue, 17 Nov 2026 12:35:10 +0000",
        "end_conference_on_exit": false,
        "hold": false,
        "muted": false,
        "start_conference_on_enter": true,
        "status": "in-progress",
        "uri": format!("/api/laml{}.json", participant_path(CONFERENCE, CALL)),
    });
    assert_eq!(answer.json(), wanted);
    assert_eq!(answer.headers["x-applied-tick"], "7");
    let fetched = Bench::usual()
        .ask("GET", &participant_path(CONFERENCE, CALL))
        .await;
    assert_eq!(fetched.json(), wanted);
    assert!(!fetched.headers.contains_key("x-applied-tick"));
}

#[tokio::test]
async fn a_conference() {
    let answer = Bench::usual()
        .ask("GET", &below(&format!("/Conferences/{CONFERENCE}")))
        .await;
    has_keys(&answer.json(), include_str!("golden/conference.txt"));
    assert_eq!(answer.json()["status"], "in-progress");
    assert_eq!(answer.json()["region"], "us1");
    assert_eq!(
        answer.json()["subresource_uris"]["participants"],
        format!(
            "/api/laml/2010-04-01/Accounts/{ACCOUNT}/Conferences/{CONFERENCE}/Participants.json"
        )
    );
}

#[tokio::test]
async fn a_conference_that_is_over_comes_from_the_store() {
    let path = below(&format!("/Conferences/{}", crate::common::ENDED));
    let answer = Bench::usual().ask("GET", &path).await;
    has_keys(&answer.json(), include_str!("golden/conference.txt"));
    assert_eq!(answer.json()["status"], "completed");
}

#[tokio::test]
async fn a_call() {
    let answer = Bench::usual()
        .ask("GET", &below(&format!("/Calls/{CALL}")))
        .await;
    has_keys(&answer.json(), include_str!("golden/call.txt"));
    let json = answer.json();
    assert_eq!(json["duration"], 0);
    assert_eq!(json["sip_result_code"], "200");
    assert_eq!(json["direction"], "inbound");
    assert_eq!(json["end_time"], Value::Null);
    assert_eq!(json["start_time"], "Tue, 17 Nov 2026 12:34:56 +0000");
    Bench::usual()
        .ask("GET", &below(&format!("/Calls/{OTHER_CALL}")))
        .await
        .is_error(404, 20404);
}

#[tokio::test]
async fn a_call_that_is_over_comes_from_the_store_with_its_duration() {
    let mut ended = crate::common::call(OTHER_CALL);
    ended.status = confab_switchboard::CallStatus::Completed;
    ended.end_time = Some(confab_terms::WallTime(1_794_918_896_000 + 94_999));
    let bench = Bench::with_store(
        crate::common::usual,
        crate::common::Memory {
            account: crate::common::account(),
            keys: std::sync::Mutex::default(),
            is_degraded: Default::default(),
            conferences: vec![],
            calls: vec![ended],
            notices: std::sync::Mutex::default(),
            recordings: std::sync::Mutex::default(),
        },
    );
    let answer = bench
        .ask("GET", &below(&format!("/Calls/{OTHER_CALL}.json")))
        .await;
    has_keys(&answer.json(), include_str!("golden/call.txt"));
    assert_eq!(answer.json()["duration"], 94);
    assert_eq!(answer.json()["status"], "completed");
}

#[tokio::test]
async fn an_account_alone_and_in_its_list() {
    let bench = Bench::usual();
    let answer = bench.ask("GET", &below("")).await;
    has_keys(&answer.json(), include_str!("golden/account.txt"));
    assert_eq!(answer.json()["auth_token"], "redacted");
    assert!(!String::from_utf8_lossy(&answer.body).contains("PSK_key"));
    let list = bench.ask("GET", "/2010-04-01/Accounts.json").await.json();
    assert_eq!(list["accounts"], json!([answer.json()]));
    let none = bench
        .ask("GET", "/2010-04-01/Accounts?FriendlyName=other")
        .await
        .json();
    assert_eq!(none["accounts"], json!([]));
}

#[tokio::test]
async fn the_matrix() {
    let path = below(&format!("/Conferences/{CONFERENCE}/Audibility"));
    let answer = Bench::usual().ask("GET", &path).await;
    let wanted = json!({
        "conference_sid": CONFERENCE,
        "tick": 41,
        "listeners": [
            {"call_sid": OTHER_CALL, "hears": [
                {"call_sid": CALL, "audible": true, "because": "heard"},
            ]},
            {"call_sid": CALL, "hears": [
                {"call_sid": OTHER_CALL, "audible": false, "because": "speaker-muted"},
            ]},
        ],
    });
    assert_eq!(answer.json(), wanted);
}
