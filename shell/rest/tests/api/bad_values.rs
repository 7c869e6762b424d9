//! Generated pairs of field and bad value: each is rejected with its own code, the error names the
//! field, and the switchboard receives nothing.

use crate::common::{Bench, CONFERENCE, posted};

const BOOLEANS: [&str; 5] = [
    "Muted",
    "Hold",
    "Coaching",
    "BeepOnExit",
    "EndConferenceOnExit",
];
const METHODS: [&str; 3] = ["HoldMethod", "WaitMethod", "AnnounceMethod"];
const URLS: [&str; 3] = ["HoldUrl", "WaitUrl", "AnnounceUrl"];

const NO_BOOLEANS: [&str; 14] = [
    "yes",
    "no",
    "on",
    "off",
    "2",
    "-1",
    "01",
    "1.0",
    " true",
    "true ",
    "truetrue",
    "null",
    "{}",
    "tr\u{fc}e",
];
const NO_METHODS: [&str; 7] = ["PUT", "DELETE", "HEAD", " GET", "GET,POST", "true", "\u{0}"];
const NO_URLS: [&str; 17] = [
    "hold",
    "/hold",
    "//host/hold",
    "http:",
    "http://",
    "http:///x",
    "http:host",
    "https:/host/x",
    "ftp://host/x",
    "file:///etc/passwd",
    "data:audio/wav,x",
    "javascript:1",
    "http://host:99999/",
    "http://ho st/",
    " http://host/",
    "http://host/\nx",
    "http://[::1/",
];
const NO_BEEPS: [&str; 5] = ["onenterexit", "yes", "2", "on", "both"];

fn cases() -> Vec<(&'static str, &'static str, u16, i64)> {
    let mut cases = Vec::new();
    let mut add = |fields: &[&'static str], values: &[&'static str], code| {
        for field in fields {
            cases.extend(values.iter().map(|value| (*field, *value, 422, code)));
        }
    };
    add(&BOOLEANS, &NO_BOOLEANS, 10000);
    add(&METHODS, &NO_METHODS, 21209);
    add(&URLS, &NO_URLS, 21402);
    add(&["Beep"], &NO_BEEPS, 10000);
    cases
}

#[tokio::test]
async fn every_bad_value_is_refused_before_the_switchboard() {
    let bench = Bench::usual();
    let cases = cases();
    assert!(cases.len() > 140);
    for (field, value, status, code) in cases {
        let encoded: String = value.bytes().map(|byte| format!("%{byte:02X}")).collect();
        // A valid field beside the invalid field must not be applied either.
        let answer = bench.update(&format!("Muted=true&{field}={encoded}")).await;
        answer.is_error(status, code);
        let message = answer.json()["message"].as_str().unwrap().to_owned();
        assert!(message.contains(field), "{message} does not name {field}");
        assert_eq!(bench.questions(), [], "{field}={value:?}");
    }
}

#[tokio::test]
async fn a_nested_value_is_no_value_of_any_field() {
    let path = crate::common::participant_path(CONFERENCE, crate::common::CALL);
    let bench = Bench::usual();
    for body in [
        r#"{"Muted": {"a": true}}"#,
        r#"{"Muted": [[true]]}"#,
        r#"{"Muted": 1.5}"#,
    ] {
        let answer = bench.send(posted(&path, "application/json", body)).await;
        answer.is_error(422, 10000);
    }
}

#[tokio::test]
async fn a_huge_value_is_not_echoed_whole() {
    let bench = Bench::usual();
    let answer = bench
        .update(&format!("Muted={}", "x".repeat(500_000)))
        .await;
    answer.is_error(422, 10000);
    assert!(answer.body.len() < 1_000);
}

#[tokio::test]
async fn bad_updates_of_a_conference() {
    let bench = Bench::usual();
    let account = crate::common::ACCOUNT;
    let path = format!("/2010-04-01/Accounts/{account}/Conferences/{CONFERENCE}.json");
    let cases = [
        ("Status=in-progress", 21475),
        ("Status=init", 21475),
        ("Status=Completed%20", 21475),
        ("AnnounceUrl=a.mp3", 21402),
        ("AnnounceUrl=https%3A%2F%2Fe%2Fa&AnnounceMethod=PUT", 21209),
    ];
    for (body, code) in cases {
        let kind = "application/x-www-form-urlencoded";
        bench
            .send(posted(&path, kind, body))
            .await
            .is_error(422, code);
        assert_eq!(bench.questions(), []);
    }
}

#[tokio::test]
async fn bad_queries() {
    let bench = Bench::usual();
    let root = format!(
        "/2010-04-01/Accounts/{}/Conferences",
        crate::common::ACCOUNT
    );
    let participants = format!("{root}/{CONFERENCE}/Participants");
    let cases = [
        (&participants, "Muted=maybe", 422, 10000),
        (&participants, "Hold=2", 422, 10000),
        (&participants, "PageSize=ten", 422, 54454),
        (&participants, "PageSize=1.5", 422, 54454),
        (&participants, "Page=1", 422, 54453),
        (&participants, "Page=-1", 422, 54453),
        (&participants, "Page=x", 422, 54453),
        (&participants, "PageToken=PA", 422, 21481),
        (
            &participants,
            "PageToken=PX33333333-3333-4333-8333-333333333333-5",
            422,
            21481,
        ),
        (&participants, "Muted=%FF", 400, 10000),
        (&root, "Status=over", 422, 10000),
        (&root, "DateCreated=2026-02-30", 422, 10000),
        (&root, "DateCreated%3E=yesterday", 422, 10000),
        (&root, "DateUpdated%3C=2026-1-1", 422, 10000),
        (&root, "DateCreated=2026-13-01", 422, 10000),
        (&root, "DateCreated=+026-11-01", 422, 10000),
    ];
    for (path, query, status, code) in cases {
        bench
            .ask("GET", &format!("{path}?{query}"))
            .await
            .is_error(status, code);
    }
}
