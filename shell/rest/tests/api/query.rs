//! Query and body of a POST form one set of fields, on every route that accepts fields.

use axum::body::Body;
use confab_switchboard::conference::{RecordingEvent, Update};
use confab_switchboard::{CallEvent, RecordingOf, Reply, Request as Question};

use crate::common::{ACCOUNT, Answer, Bench, CALL, CONFERENCE, ENDED, participant_path, posted};

const FORM: &str = "application/x-www-form-urlencoded";

fn account(rest: &str) -> String {
    format!("/2010-04-01/Accounts/{ACCOUNT}{rest}")
}

async fn post(bench: &Bench, query: &str, kind: &str, body: impl Into<Body>) -> Answer {
    let path = format!("{}?{query}", participant_path(CONFERENCE, CALL));
    bench.send(posted(&path, kind, body)).await
}

async fn update_of(query: &str, kind: &str, body: &str) -> Update {
    let bench = Bench::usual();
    let answer = post(&bench, query, kind, body.to_owned()).await;
    assert_eq!(answer.status, 200, "{}", answer.json());
    let asked = bench.questions().pop();
    let Some(Question::UpdateParticipant { update, .. }) = asked else {
        panic!("asked {asked:?}");
    };
    update
}

#[tokio::test]
async fn query_without_a_body_mutes() {
    for kind in ["", FORM, "application/json", "text/plain"] {
        assert_eq!(
            update_of("Muted=true", kind, "").await.muted,
            Some(true),
            "{kind}"
        );
    }
}

#[tokio::test]
async fn name_in_the_body_replaces_the_query_in_every_type_of_body() {
    let multipart = "--x\r\nContent-Disposition: form-data; name=\"Hold\"\r\n\r\nfalse\r\n\
        --x\r\nContent-Disposition: form-data; name=\"HoldUrl\"\r\n\r\n\r\n--x--\r\n";
    for (kind, body) in [
        (FORM, "Hold=false&HoldUrl="),
        ("application/json", r#"{"Hold": false, "HoldUrl": null}"#),
        ("multipart/form-data; boundary=x", multipart),
    ] {
        let query = "Muted=false&Muted=true&Hold=true&HoldUrl=http://e/x&HoldMethod=GET";
        let wanted = Update {
            muted: Some(true),
            hold: Some(false),
            hold_url: Some(String::new()),
            hold_method: Some(confab_terms::Method::Get),
            ..Update::default()
        };
        assert_eq!(update_of(query, kind, body).await, wanted, "{kind}");
    }
}

/// Each POST route uses a field of its query.
#[tokio::test]
async fn every_post_route_reads_its_query() {
    let (call, conference) = (
        format!("/Calls/{CALL}"),
        format!("/Conferences/{CONFERENCE}"),
    );
    let recording = "/Recordings/Twilio.CURRENT";
    for (path, query, acted) in [
        (
            "/Calls".to_owned(),
            "To=1&From=a&Url=http://e/x",
            "CreateCall",
        ),
        (call.clone(), "Status=completed", "end: Some(Completed)"),
        (conference.clone(), "Status=completed", "complete: true"),
        (
            format!("{conference}/Participants/{CALL}"),
            "Muted=true",
            "muted: Some(true)",
        ),
        (
            format!("{call}/Recordings"),
            "RecordingChannels=dual",
            "dual: true",
        ),
        (
            format!("{conference}/Recordings"),
            "Trim=trim-silence",
            "trim: true",
        ),
        (format!("{call}{recording}"), "Status=paused", "Pause"),
        (format!("{conference}{recording}"), "Status=stopped", "Stop"),
    ] {
        let bench = Bench::new(|question| match question {
            Question::StartRecording { .. } | Question::UpdateRecording { .. } => {
                Some(Reply::Removed)
            }
            other => crate::common::usual(other),
        });
        let path = account(&path);
        bench.send(posted(&format!("{path}?{query}"), "", "")).await;
        let asked = format!("{:?}", bench.questions());
        assert!(asked.contains(acted), "{path}: {asked}");
    }
}

#[tokio::test]
async fn repeated_names_are_a_list_only_for_event_fields() {
    let bench = Bench::usual();
    let query = "To=0&To=1&From=a&Url=http://e/x&StatusCallback=http://e/s\
        &StatusCallbackEvent=ringing&StatusCallbackEvent=answered";
    bench
        .send(posted(&format!("{}?{query}", account("/Calls")), "", ""))
        .await;
    let Some(Question::CreateCall(wish)) = bench.questions().pop() else {
        panic!("nothing was asked");
    };
    assert_eq!(wish.to, "1");
    let events = [CallEvent::Ringing, CallEvent::Answered];
    assert_eq!(wish.status_callback.unwrap().events, events);
    // The body's list replaces the query's list.
    let path = format!("{}?{query}", account("/Calls"));
    let body = "StatusCallbackEvent=completed&StatusCallbackEvent=initiated";
    bench.send(posted(&path, FORM, body)).await;
    let Some(Question::CreateCall(wish)) = bench.questions().pop() else {
        panic!("nothing was asked");
    };
    let events = [CallEvent::Completed, CallEvent::Initiated];
    assert_eq!(wish.status_callback.unwrap().events, events);
    // A list of another route.
    let query = "RecordingStatusCallback=http://e/r&RecordingStatusCallbackEvent=in-progress\
        &RecordingStatusCallbackEvent=completed";
    let bench = Bench::new(|_| Some(Reply::Removed));
    let path = account(&format!("/Calls/{CALL}/Recordings?{query}"));
    bench.send(posted(&path, "", "")).await;
    let Some(Question::StartRecording { of, wish }) = bench.questions().pop() else {
        panic!("nothing was asked");
    };
    assert_eq!(of, RecordingOf::Call(CALL.parse().unwrap()));
    let events = [RecordingEvent::InProgress, RecordingEvent::Completed];
    assert_eq!(wish.wish.callback.unwrap().events, events);
}

#[tokio::test]
async fn limits_hold_for_query_and_body_together() {
    let bench = Bench::usual();
    let fields =
        |name: &str, count| -> String { (0..count).map(|n| format!("{name}{n}=&")).collect() };
    post(&bench, &fields("Q", 501), FORM, fields("B", 500))
        .await
        .is_error(413, 10000);
    post(&bench, &fields("A", 501), FORM, fields("A", 500))
        .await
        .is_error(413, 10000);
    post(&bench, &fields("Q", 1_001), FORM, "")
        .await
        .is_error(413, 10000);
    assert_eq!(
        post(&bench, &fields("Q", 500), FORM, fields("B", 500))
            .await
            .status,
        200
    );
    let megabyte = format!("B={}", "b".repeat(1024 * 1024 - 2));
    assert_eq!(post(&bench, "", FORM, megabyte.clone()).await.status, 200);
    post(&bench, "Q=1", FORM, megabyte)
        .await
        .is_error(413, 10000);
}

#[tokio::test]
async fn malformed_query_is_400() {
    let bench = Bench::usual();
    for query in [
        "Muted=%",
        "Muted=%2",
        "Muted=%zz",
        "%G0=1",
        "Muted=%FF",
        "%C3=1",
        "a=%C3%28",
    ] {
        post(&bench, query, "", "").await.is_error(400, 10000);
        post(&bench, query, FORM, "Muted=true")
            .await
            .is_error(400, 10000);
        let list = account(&format!("/Calls?{query}"));
        bench.ask("GET", &list).await.is_error(400, 10000);
    }
    assert_eq!(bench.questions(), []);
}

#[tokio::test]
async fn refused_query_is_shown_in_notifications() {
    let bench = Bench::usual();
    let path = format!("{}?Muted=perhaps", participant_path(CONFERENCE, CALL));
    bench
        .send(posted(&path, FORM, "Hold=true"))
        .await
        .is_error(422, 10000);
    let list = bench.ask("GET", &account("/Notifications")).await.json();
    let sid = list["notifications"][0]["sid"].as_str().unwrap().to_owned();
    let shown = bench
        .ask("GET", &account(&format!("/Notifications/{sid}")))
        .await
        .json();
    assert_eq!(shown["request_variables"], "Hold=true&Muted=perhaps");
    let ended = participant_path(ENDED, CALL);
    bench
        .send(posted(&format!("{ended}?Muted=true"), "", ""))
        .await
        .is_error(422, 10000);
}
