//! All filters of the list of calls, by each of the vendors' libraries.

use std::time::Duration;

use confab_conformance::api::Api;
use confab_conformance::party::call;
use confab_conformance::server::{Server, pause};
use confab_conformance::vendors::{Library, Subject, steps};
use confab_phone::Phones;
use serde_json::{Value, json};

/// Converts an RFC 2822 time of the API to ISO 8601.
fn iso(text: &Value) -> String {
    const MONTHS: &str = "JanFebMarAprMayJunJulAugSepOctNovDec";
    let words: Vec<&str> = text.as_str().unwrap().split_whitespace().collect();
    let [_, day, month, year, clock, _] = words[..] else {
        panic!("{text} is no time");
    };
    let month = MONTHS.find(month).unwrap() / 3 + 1;
    format!("{year}-{month:02}-{day}T{clock}Z")
}

/// Checks all filters of the list with a library: two calls one after the other, the first one
/// ended.
fn filters(library: Library) {
    let server = Server::start(&[]).unwrap();
    let phones = Phones::new().unwrap();
    let api = Api::new(&server).unwrap();
    let over = call(&phones, &server, "one", "alice", 440.0).unwrap();
    over.phone.hang_up().unwrap();
    pause(Duration::from_millis(2_100));
    let _live = call(&phones, &server, "two", "boris", 770.0).unwrap();
    api.seated("two", 1).unwrap();
    let calls = api.get("/Calls").unwrap().json["calls"].clone();
    let (live, over) = (&calls[0], &calls[1]);
    let (start, next_start, end) = (
        iso(&over["start_time"]),
        iso(&live["start_time"]),
        iso(&over["end_time"]),
    );
    let [one, two] = [over, live].map(|call| call["sid"].as_str().unwrap());
    let cases = [
        (json!({}), vec![two, one]),
        (json!({"status": "completed"}), vec![one]),
        (json!({"status": "in-progress"}), vec![two]),
        (json!({"status": "busy"}), vec![]),
        (json!({"from": over["from"]}), vec![one]),
        (json!({"to": live["to"]}), vec![two]),
        (json!({"from": over["from"], "to": live["to"]}), vec![]),
        (json!({"startTimeBefore": start}), vec![one]),
        (json!({"startTimeAfter": next_start}), vec![two]),
        (json!({"startTimeAfter": start}), vec![two, one]),
        (json!({"endTimeBefore": end}), vec![one]),
        (json!({"endTimeAfter": next_start}), vec![]),
        (json!({"parentCallSid": two}), vec![]),
        (json!({"status": "completed", "pageSize": 1}), vec![one]),
    ];
    for (filter, expected) in cases {
        let subject = Subject {
            conference: two.to_owned(),
            call: two.to_owned(),
            coached: two.to_owned(),
            hold_url: String::new(),
            filter: filter.to_string(),
        };
        let lines = steps(library, &server, &subject, &["filtered"]).unwrap();
        assert_eq!(lines[0]["result"], json!(expected), "{library:?} {filter}");
    }
}

#[test]
fn the_calls_are_filtered_by_npm_twilio() {
    filters(Library::NodeTwilio);
}

#[test]
fn the_calls_are_filtered_by_pypi_twilio() {
    filters(Library::PythonTwilio);
}

#[test]
fn the_calls_are_filtered_by_pypi_signalwire() {
    filters(Library::PythonSignalwire);
}
