//! Requests that each function of the client sends, and results of the responses.

use crate::common::{PARTICIPANT, Server, ok, server};
use confab_client::{Beep, Client, ConferenceStatus, Error, Method, Update};

async fn usual() -> Server {
    server(|_| {
        let (status, mut headers, body) = ok(PARTICIPANT);
        headers.push(("x-applied-tick", "41"));
        (status, headers, body)
    })
    .await
}

async fn form(make: impl Fn(Update) -> Update) -> String {
    let server = usual().await;
    let update = server
        .client()
        .conferences("CF")
        .participants("CA")
        .update();
    let updated = make(update).send().await.unwrap();
    assert_eq!(updated.applied_tick, Some(41));
    assert_eq!((updated.call_sid.as_str(), updated.muted), ("CA", true));
    let came = server.one();
    let path = "/2010-04-01/Accounts/A/Conferences/CF/Participants/CA.json";
    assert_eq!(came.line, format!("POST {path}"));
    assert_eq!(came.content_type, "application/x-www-form-urlencoded");
    assert_eq!(came.authorization, "Basic QTpUOm9rZW4=");
    came.body
}

#[tokio::test]
async fn the_six_examples_of_the_page() {
    assert_eq!(form(|update| update).await, "");
    let coach = |muted| {
        move |update: Update| {
            update
                .muted(muted)
                .coaching(true)
                .beep(false)
                .call_sid_to_coach("CallSidToCoach")
        }
    };
    let rest = "Coaching=true&Beep=false&CallSidToCoach=CallSidToCoach";
    assert_eq!(form(coach(false)).await, format!("Muted=false&{rest}"));
    assert_eq!(form(coach(true)).await, format!("Muted=true&{rest}"));
    let barge = form(|update| update.muted(false).coaching(false).call_sid_to_coach(""));
    assert_eq!(barge.await, "Muted=false&Coaching=false&CallSidToCoach=");
    assert_eq!(form(|update| update.muted(true)).await, "Muted=true");
    let hold = form(|update| {
        update
            .hold(true)
            .hold_url("http://www.your-application.com/hold")
    });
    let wanted = "Hold=true&HoldUrl=http%3A%2F%2Fwww.your-application.com%2Fhold";
    assert_eq!(hold.await, wanted);
}

#[tokio::test]
async fn every_field_and_the_last_of_each() {
    let body = form(|update| {
        update
            .muted(true)
            .hold_method(Method::Post)
            .announce_url("http://e/a b&c")
            .announce_method(Method::Get)
            .wait_url("")
            .wait_method(Method::Get)
            .beep(Beep::OnExit)
            .beep_on_exit(true)
            .end_conference_on_exit(false)
            .muted(false)
    });
    let wanted = "HoldMethod=POST&AnnounceUrl=http%3A%2F%2Fe%2Fa+b%26c&AnnounceMethod=GET&WaitUrl=&\
        WaitMethod=GET&Beep=onExit&BeepOnExit=true&EndConferenceOnExit=false&Muted=false";
    assert_eq!(body.await, wanted);
}

#[tokio::test]
async fn fetch_and_remove() {
    let server = usual().await;
    let client = server.client();
    let participant = client
        .conferences("CF")
        .participants("l 1/\u{e9}?")
        .fetch()
        .await
        .unwrap();
    assert_eq!(participant.call_sid_to_coach, None);
    let path = "/2010-04-01/Accounts/A/Conferences/CF/Participants";
    assert_eq!(
        server.one().line,
        format!("GET {path}/l%201%2F%C3%A9%3F.json")
    );
    client
        .conferences("CF")
        .participants("CA")
        .remove()
        .await
        .unwrap();
    let came = server.one();
    assert_eq!(
        (came.line, came.body),
        (format!("DELETE {path}/CA.json"), String::new())
    );
}

#[tokio::test]
async fn a_list_follows_its_links_behind_the_base_url() {
    // Links of SignalWire repeat the prefix of its base URL; others repeat the path of the request.
    for (base, linked) in [
        ("", ""),
        ("/api/laml", "/api/laml"),
        ("/api/laml/", "/api/laml"),
        ("/api/laml", ""),
    ] {
        let say = move |line: &str| {
            let path = "/2010-04-01/Accounts/A/Conferences/CF/Participants.json";
            let next = if line.contains("PageToken") {
                "null".to_owned()
            } else {
                format!("\"{linked}{path}?Page=1&PageSize=2&PageToken=PAx\"")
            };
            ok(&format!(
                "{{\"participants\": [{PARTICIPANT}], \"next_page_uri\": {next}}}"
            ))
        };
        let server = server(say).await;
        let client = Client::new(&format!("http://{}{base}", server.at), "A", "T").unwrap();
        let participants = client.conferences("CF").all_participants();
        let all = participants
            .list()
            .muted(true)
            .hold(false)
            .page_size(2)
            .send()
            .await
            .unwrap();
        assert_eq!(all.len(), 2);
        let base = base.trim_end_matches('/');
        let path = format!("{base}/2010-04-01/Accounts/A/Conferences/CF/Participants.json");
        let came: Vec<_> = server
            .came
            .lock()
            .unwrap()
            .iter()
            .map(|came| came.line.clone())
            .collect();
        assert_eq!(
            came,
            [
                format!("GET {path}?Muted=true&Hold=false&PageSize=2"),
                format!("GET {path}?Page=1&PageSize=2&PageToken=PAx"),
            ]
        );
    }
}

#[tokio::test]
async fn a_link_to_another_server_is_not_followed() {
    for link in [
        "http://127.0.0.1:1/x",
        "//127.0.0.1:1/x",
        "@127.0.0.1:1/x",
        ":1/x",
    ] {
        let say = move |_: &str| {
            ok(&format!(
                "{{\"participants\": [], \"next_page_uri\": \"{link}\"}}"
            ))
        };
        let server = server(say).await;
        let list = server.client().conferences("CF").all_participants().list();
        let page = list.page().await.unwrap();
        let next = page.next().await;
        // Appended to the base URL, the link is an ordinary path, or is rejected.
        if next.is_ok() {
            assert_eq!(server.came.lock().unwrap().len(), 2, "{link}");
        } else {
            assert!(
                matches!(next, Err(Error::NotTheApi { .. })),
                "{link}: {next:?}"
            );
        }
    }
}

const CONFERENCE: &str = r#"{"sid": "CF", "account_sid": "A", "date_created": "d",
    "date_updated": "d", "friendly_name": "Room", "status": "in-progress",
    "api_version": "2010-04-01", "region": "us1", "uri": "u", "subresource_uris": {}}"#;

#[tokio::test]
async fn conferences() {
    let server = server(|line| {
        if line.contains("/CF.json") {
            ok(CONFERENCE)
        } else {
            ok(&format!(
                "{{\"conferences\": [{CONFERENCE}], \"next_page_uri\": null}}"
            ))
        }
    })
    .await;
    let client = server.client();
    let conference = client.conferences("CF").fetch().await.unwrap();
    assert_eq!(conference.status, ConferenceStatus::InProgress);
    assert_eq!(conference.other["region"], "us1");
    server.one();
    client
        .conferences("CF")
        .update()
        .completed()
        .send()
        .await
        .unwrap();
    assert_eq!(server.one().body, "Status=completed");
    let announced = client
        .conferences("CF")
        .update()
        .announce_url("https://e/a.mp3");
    announced.announce_method(Method::Get).send().await.unwrap();
    let came = server.one();
    assert_eq!(came.line, "POST /2010-04-01/Accounts/A/Conferences/CF.json");
    assert_eq!(
        came.body,
        "AnnounceUrl=https%3A%2F%2Fe%2Fa.mp3&AnnounceMethod=GET"
    );
    let list = client
        .all_conferences()
        .list()
        .status(ConferenceStatus::Completed);
    let list = list.friendly_name("a b&c").date_created_since("2026-11-17");
    assert_eq!(list.send().await.unwrap().len(), 1);
    let query = "Status=completed&FriendlyName=a+b%26c&DateCreated%3E=2026-11-17";
    assert_eq!(
        server.one().line,
        format!("GET /2010-04-01/Accounts/A/Conferences.json?{query}")
    );
}

#[tokio::test]
async fn the_matrix_and_a_call() {
    let matrix = r#"{"conference_sid": "CF", "tick": 41, "listeners": [{"call_sid": "a", "hears":
        [{"call_sid": "b", "audible": false, "because": "speaker-muted"}]}]}"#;
    let server = server(move |line| {
        if line.contains("Audibility") {
            return ok(matrix);
        }
        ok(
            r#"{"sid": "CA", "account_sid": "A", "from": "f", "to": "t", "status": "in-progress",
            "direction": "inbound", "start_time": null, "end_time": null, "date_created": "d",
            "uri": "u", "duration": 0}"#,
        )
    })
    .await;
    let audibility = server
        .client()
        .conferences("CF")
        .audibility()
        .await
        .unwrap();
    assert_eq!(audibility.tick, 41);
    assert_eq!(audibility.hears("a", "b"), Some(false));
    assert_eq!(audibility.hears("b", "a"), None);
    assert_eq!(
        server.one().line,
        "GET /2010-04-01/Accounts/A/Conferences/CF/Audibility.json"
    );
    let call = server.client().calls("CA").fetch().await.unwrap();
    assert_eq!(
        (call.status.as_str(), call.start_time),
        ("in-progress", None)
    );
    assert_eq!(
        server.one().line,
        "GET /2010-04-01/Accounts/A/Calls/CA.json"
    );
}

#[tokio::test]
async fn errors_are_typed() {
    let cases = [
        (
            422,
            r#"{"code": 16002, "message": "m", "more_info": "i", "status": 422}"#,
            Some(16002),
        ),
        (
            404,
            r#"{"code": 20404, "message": "m", "status": 404}"#,
            Some(20404),
        ),
        (429, "<html>slow down</html>", Some(20429)),
        (502, "<html>bad gateway</html>", None),
        (302, "", None),
        (200, "{}", None),
    ];
    for (status, body, code) in cases {
        let server = server(move |_| (status, vec![("retry-after", "3")], body.to_owned())).await;
        let update = server
            .client()
            .conferences("CF")
            .participants("CA")
            .update();
        match (update.muted(true).send().await.unwrap_err(), code) {
            (Error::Api(error), Some(code)) => {
                assert_eq!(
                    (error.code, error.status, error.retry_after),
                    (code, status, Some(3))
                );
            }
            (Error::NotTheApi { status: said, .. }, None) => assert_eq!(said, status),
            (error, code) => panic!("{status}: {error:?}, not {code:?}"),
        }
    }
    let nobody = Client::new("http://127.0.0.1:1", "A", "T").unwrap();
    let error = nobody.conferences("CF").fetch().await.unwrap_err();
    assert!(matches!(error, Error::NoAnswer(_)), "{error:?}");
}

#[test]
fn a_base_url_must_be_one() {
    for base in ["", "localhost:8080", "ftp://host", "http://", "/api/laml"] {
        let error = Client::new(base, "A", "T").unwrap_err();
        assert!(matches!(error, Error::BaseUrl(_)), "{base}: {error:?}");
    }
    let client = Client::new("http://h", "A", "S3cret").unwrap();
    assert!(!format!("{client:?}").contains("S3cret"));
}

const CALL: &str = r#"{"sid": "CA", "account_sid": "A", "from": "sip:a@b", "to": "sip:c@d",
    "status": "completed", "direction": "inbound", "start_time": null, "end_time": null,
    "date_created": "Tue, 17 Nov 2026 12:34:50 +0000", "uri": "/x", "duration": 0}"#;

#[tokio::test]
async fn a_call_is_ended_or_sent_elsewhere() {
    let server = server(|_| ok(CALL)).await;
    let at = server.client().calls("CA");
    let call = at.update().completed().send().await.unwrap();
    assert_eq!(
        (call.sid.as_str(), call.status.as_str()),
        ("CA", "completed")
    );
    let came = server.one();
    assert_eq!(came.line, "POST /2010-04-01/Accounts/A/Calls/CA.json");
    assert_eq!(came.body, "Status=completed");
    at.update().canceled().send().await.unwrap();
    assert_eq!(server.one().body, "Status=canceled");
    let elsewhere = at.update().url("http://e/x").method(Method::Get);
    elsewhere.send().await.unwrap();
    assert_eq!(server.one().body, "Url=http%3A%2F%2Fe%2Fx&Method=GET");
    at.update().twiml("<Response/>").send().await.unwrap();
    assert_eq!(server.one().body, "Twiml=%3CResponse%2F%3E");
}

#[tokio::test]
async fn calls_are_listed_by_what_is_asked() {
    let server = server(|_| ok(&format!(r#"{{"calls": [{CALL}], "next_page_uri": null}}"#))).await;
    let list = server.client().all_calls().list();
    let list = list.status("completed").to("sip:c@d").from("sip:a@b");
    let list = list
        .start_time_since("2026-11-17")
        .end_time_until("2026-11-18");
    let calls = list.page_size(2).send().await.unwrap();
    assert_eq!(calls[0].sid, "CA");
    let query = "Status=completed&To=sip%3Ac%40d&From=sip%3Aa%40b&StartTime%3E=2026-11-17\
        &EndTime%3C=2026-11-18&PageSize=2";
    let line = format!("GET /2010-04-01/Accounts/A/Calls.json?{query}");
    assert_eq!(server.one().line, line);
}
