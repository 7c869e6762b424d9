//! Links in resources: each path exists.

use std::collections::BTreeSet;

use confab_rest::Dialect;
use confab_switchboard::conference::Status;
use confab_switchboard::{RecordingOf, RecordingSource, RecordingStatus, RecordingView};
use confab_terms::{Track, WallTime};
use serde_json::{Value, json};

use crate::common::{
    ACCOUNT, Bench, CALL, CONFERENCE, ENDED, Memory, account, call, conference, usual,
};

const RECORDING: &str = "99999999-9999-4999-8999-999999999999";

fn bench(dialect: Dialect) -> Bench {
    let recording = RecordingView {
        sid: RECORDING.parse().unwrap(),
        account: ACCOUNT.parse().unwrap(),
        of: RecordingOf::Call(CALL.parse().unwrap()),
        wished_by: None,
        channels: 1,
        track: Track::Both,
        source: RecordingSource::StartCallRecording,
        status: RecordingStatus::Completed,
        trim: false,
        date_created: WallTime(1),
        date_updated: WallTime(1),
        end_time: Some(WallTime(1)),
        duration_ms: 1_000,
        error: None,
        callback: None,
    };
    let store = Memory {
        account: account(),
        keys: std::sync::Mutex::default(),
        is_degraded: Default::default(),
        conferences: vec![conference(ENDED, "ended", 1, Status::Completed)],
        calls: vec![call("77777777-7777-4777-8777-777777777777")],
        notices: std::sync::Mutex::default(),
        recordings: std::sync::Mutex::new(vec![recording]),
    };
    Bench::speaking(dialect, usual, store)
}

/// Collects the strings of all keys that name a link.
fn links(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(object) => {
            for (key, value) in object {
                match value {
                    Value::String(link) if key.ends_with("uri") => {
                        found.insert(link.clone());
                    }
                    Value::Object(object) if key == "subresource_uris" => {
                        let strings = object.values().filter_map(Value::as_str);
                        found.extend(strings.map(str::to_owned));
                    }
                    value => links(value, found),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| links(item, found)),
        _ => {}
    }
}

#[tokio::test]
async fn every_link_is_followed_and_answered() {
    for (dialect, least) in [(Dialect::SignalWire, 40), (Dialect::Twilio, 30)] {
        let bench = bench(dialect);
        let mut known = BTreeSet::from(["/2010-04-01/Accounts.json".to_owned()]);
        let mut waiting: Vec<String> = known.iter().cloned().collect();
        while let Some(path) = waiting.pop() {
            let answer = bench.ask("GET", &path).await;
            assert_eq!(answer.status, 200, "{dialect:?} {path}");
            let mut found = BTreeSet::new();
            links(&answer.json(), &mut found);
            waiting.extend(found.into_iter().filter(|link| known.insert(link.clone())));
        }
        assert!(known.len() >= least, "{dialect:?}: {known:#?}");
    }
}

#[tokio::test]
async fn list_of_what_confab_does_not_have_is_empty_under_its_vendors_key() {
    let bench = bench(Dialect::SignalWire);
    for (name, key) in [
        ("Applications", "applications"),
        ("IncomingPhoneNumbers", "incoming_phone_numbers"),
        ("Queues", "queues"),
        ("Messages", "messages"),
        ("Transcriptions", "transcriptions"),
        (
            &format!("Recordings/{RECORDING}/Transcriptions"),
            "transcriptions",
        ),
    ] {
        let path = format!("/2010-04-01/Accounts/{ACCOUNT}/{name}.json");
        let page = bench
            .ask("GET", &format!("/api/laml{path}?PageSize=7"))
            .await
            .json();
        let uri = format!("/api/laml{path}?Page=0&PageSize=7");
        let wanted = json!({
            "uri": uri, "first_page_uri": uri, "next_page_uri": null, "previous_page_uri": null,
            "page": 0, "page_size": 7, key: [],
        });
        assert_eq!(page, wanted);
        bench.ask("POST", &path).await.is_error(405, 10000);
        bench
            .ask("GET", &format!("{path}?PageSize=x"))
            .await
            .is_error(422, 54454);
    }
    let path = format!("/2010-04-01/Accounts/{ACCOUNT}/AvailablePhoneNumbers");
    let countries = bench.ask("GET", &path).await.json();
    assert_eq!(countries, json!({"uri": path, "countries": []}));
    let unknown = format!("/2010-04-01/Accounts/{ACCOUNT}/Recordings/{CONFERENCE}/Transcriptions");
    bench.ask("GET", &unknown).await.is_error(404, 20404);
}
