//! Calls: the list of live and ended calls, and updates as libraries send them.

use crate::common::{
    ACCOUNT, Answer, BUSY, Bench, CALL, Memory, OTHER_CALL, SLOW, account, call, posted,
};
use axum::http::StatusCode;
use confab_switchboard::conference::Url;
use confab_switchboard::{
    CallCallback, CallEvent, CallStatus, CallUpdate, CallView, EndWish, NewCall, NextDocument,
    Refusal, Reply, Request as Question,
};
use confab_terms::{DigitString, Method, WallTime};
use serde_json::Value;

const FORM: &str = "application/x-www-form-urlencoded";
const MINUTE: i64 = 60_000;

fn path(sid: &str) -> String {
    format!("/2010-04-01/Accounts/{ACCOUNT}/Calls/{sid}.json")
}

fn sid(n: u32) -> String {
    format!("{n:08x}-3333-4333-8333-333333333333")
}

/// Returns a call answered `n` minutes after 17 Nov 2026 12:34:56.
fn made(n: u32) -> CallView {
    let at = 1_794_918_896_000 + i64::from(n) * MINUTE;
    CallView {
        date_created: WallTime(at - 6_000),
        start_time: Some(WallTime(at)),
        ..call(&sid(n))
    }
}

fn ended(n: u32) -> CallView {
    let view = made(n);
    CallView {
        status: CallStatus::Completed,
        end_time: view.start_time.map(|at| WallTime(at.0 + 30_000)),
        from: "sip:boris@pbx.example.com".to_owned(),
        ..view
    }
}

/// Calls 1 to 3 have ended, 3 to 5 are live: call 3 ended in between.
fn bench() -> Bench {
    Bench::with_store(
        |question| match question {
            Question::ListCalls => Some(Reply::Calls(vec![made(5), made(4), made(3)])),
            other => crate::common::usual(other),
        },
        Memory {
            account: account(),
            keys: std::sync::Mutex::default(),
            is_degraded: Default::default(),
            conferences: vec![],
            calls: vec![ended(1), ended(2), ended(3)],
            notices: std::sync::Mutex::default(),
            recordings: std::sync::Mutex::default(),
        },
    )
}

async fn listed(bench: &Bench, query: &str) -> Vec<u32> {
    let path = format!("/2010-04-01/Accounts/{ACCOUNT}/Calls.json?{query}");
    let answer = bench.ask("GET", &path).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.json());
    numbers(&answer.json())
}

fn numbers(page: &Value) -> Vec<u32> {
    let calls = page["calls"].as_array().unwrap();
    let number = |call: &Value| {
        let sid = call["sid"].as_str().unwrap();
        u32::from_str_radix(&sid[..8], 16).unwrap()
    };
    calls.iter().map(number).collect()
}

#[tokio::test]
async fn live_and_ended_ones_newest_first() {
    let bench = bench();
    let cases: [(&str, &[u32]); 13] = [
        ("", &[5, 4, 3, 2, 1]),
        ("Status=completed", &[3, 2, 1]),
        ("Status=in-progress", &[5, 4, 3]),
        ("Status=no-answer", &[]),
        ("From=sip:boris@pbx.example.com", &[3, 2, 1]),
        ("From=sip%3Aalice%40pbx.example.com", &[5, 4, 3]),
        ("To=sip:nobody@x", &[]),
        ("StartTime=2026-11-17", &[5, 4, 3, 2, 1]),
        ("StartTime=2026-11-16", &[]),
        (
            "StartTime%3E=2026-11-17T12:37:56Z&StartTime%3C=2026-11-17T12:38:56Z",
            &[4, 3],
        ),
        ("StartTime=Tue,%2017%20Nov%202026%2012:36:56%20GMT", &[2]),
        ("EndTime%3C=2026-11-17T12:37:26Z", &[2, 1]),
        ("ParentCallSid=44444444-4444-4444-8444-444444444444", &[]),
    ];
    for (query, wanted) in cases {
        assert_eq!(listed(&bench, query).await, wanted, "{query}");
    }
}

#[tokio::test]
async fn calls_are_ordered_and_paged_by_the_time_that_a_filter_names() {
    // The later a call was created, the earlier its answer and the later its end.
    let view = |n: u32| {
        let made = ended(n);
        let at = |ms: u32| made.start_time.map(|at| WallTime(at.0 + i64::from(ms)));
        CallView {
            start_time: at(2_000_000 - n * 120_000),
            end_time: at(3_000_000),
            ..made.clone()
        }
    };
    let bench = Bench::with_store(
        |question| match question {
            Question::ListCalls => Some(Reply::Calls(vec![])),
            other => crate::common::usual(other),
        },
        Memory {
            account: account(),
            keys: std::sync::Mutex::default(),
            is_degraded: Default::default(),
            conferences: vec![],
            calls: (1..=5).map(view).collect(),
            notices: std::sync::Mutex::default(),
            recordings: std::sync::Mutex::default(),
        },
    );
    for (query, wanted) in [
        ("PageSize=2", [5, 4, 3, 2, 1]),
        ("PageSize=2&StartTime%3E=2026-11-17", [1, 2, 3, 4, 5]),
        ("PageSize=2&EndTime%3E=2026-11-17", [5, 4, 3, 2, 1]),
    ] {
        let mut next = format!("/2010-04-01/Accounts/{ACCOUNT}/Calls.json?{query}");
        let (mut seen, mut pages) = (Vec::new(), Vec::new());
        loop {
            let page = bench.ask("GET", &next).await.json();
            seen.extend(numbers(&page));
            pages.push(page.clone());
            match page["next_page_uri"].as_str() {
                Some(uri) => next = uri.to_owned(),
                None => break,
            }
        }
        assert_eq!(seen, wanted, "{query}");
        for pair in pages.windows(2) {
            let previous = pair[1]["previous_page_uri"].as_str().unwrap();
            let back = bench.ask("GET", previous).await.json();
            assert_eq!(back["calls"], pair[0]["calls"], "{query}");
            let first = pair[1]["first_page_uri"].as_str().unwrap();
            let first = bench.ask("GET", first).await.json();
            assert_eq!(first["calls"], pages[0]["calls"], "{query}");
        }
    }
}

#[tokio::test]
async fn list_that_is_shed_is_429_and_names_the_way_out() {
    let bench = bench();
    for (caller, text) in [(BUSY, "in a second"), (SLOW, "fewer filters")] {
        let path = format!("/2010-04-01/Accounts/{ACCOUNT}/Calls.json?From={caller}");
        let answer = bench.ask("GET", &path).await;
        assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(answer.headers["retry-after"], "1");
        let body = answer.json();
        assert_eq!(
            (&body["code"], &body["status"]),
            (&20429.into(), &429.into())
        );
        let message = body["message"].as_str().unwrap();
        assert!(message.contains(text), "{message}");
    }
}

#[tokio::test]
async fn pages_keep_their_filters() {
    let bench = bench();
    let mut next =
        format!("/api/laml/2010-04-01/Accounts/{ACCOUNT}/Calls?PageSize=2&StartTime%3E=2026-11-17");
    let mut seen = Vec::new();
    loop {
        let page = bench.ask("GET", &next).await.json();
        seen.extend(numbers(&page));
        assert!(
            page["uri"]
                .as_str()
                .unwrap()
                .contains("StartTime%3E=2026-11-17&Page=")
        );
        match page["next_page_uri"].as_str() {
            Some(uri) => next = uri.to_owned(),
            None => break,
        }
    }
    assert_eq!(seen, [5, 4, 3, 2, 1]);
}

#[tokio::test]
async fn filters_that_are_none_are_named() {
    for query in ["Status=over", "StartTime=soon", "EndTime%3E=2026-13-01"] {
        let path = format!("/2010-04-01/Accounts/{ACCOUNT}/Calls?{query}");
        bench().ask("GET", &path).await.is_error(422, 10000);
    }
}

async fn update(bench: &Bench, sid: &str, form: &str) -> Answer {
    bench.send(posted(&path(sid), FORM, form.to_owned())).await
}

#[tokio::test]
async fn an_update_asks_for_what_is_written() {
    let next = |url: &str, method| {
        Some(NextDocument::From(Url {
            url: url.to_owned(),
            method,
        }))
    };
    let inline = |text: &str| Some(NextDocument::Inline(text.to_owned()));
    let cases = [
        ("", None, None),
        ("Status=completed", Some(EndWish::Completed), None),
        ("Status=canceled&Url=", Some(EndWish::Canceled), None),
        (
            "Url=http%3A%2F%2Fe%2Fx&Method=GET",
            None,
            next("http://e/x", Method::Get),
        ),
        (
            "Url=http%3A%2F%2Fe%2Fx",
            None,
            next("http://e/x", Method::Post),
        ),
        ("Twiml=%3CResponse%2F%3E", None, inline("<Response/>")),
        ("Laml=%3CResponse%2F%3E", None, inline("<Response/>")),
        (
            "Twiml=%3CA%2F%3E&Url=http://e/x",
            None,
            next("http://e/x", Method::Post),
        ),
    ];
    for (form, end, next) in cases {
        let bench = Bench::usual();
        let answer = update(&bench, CALL, form).await;
        assert_eq!(answer.status, StatusCode::OK, "{form}");
        assert_eq!(answer.json()["sid"], CALL);
        let asked = Question::UpdateCall {
            call: CALL.parse().unwrap(),
            update: CallUpdate {
                end,
                next,
                ..CallUpdate::default()
            },
        };
        assert_eq!(bench.questions(), [asked], "{form}");
    }
}

#[tokio::test]
async fn an_update_names_who_else_is_asked_and_told() {
    let bench = Bench::usual();
    let url = |url: &str, method| Url {
        url: url.to_owned(),
        method,
    };
    let all = [
        ("", vec![CallEvent::Completed]),
        ("&StatusCallbackEvent=", vec![CallEvent::Completed]),
        ("&StatusCallbackEvent=ringing", vec![CallEvent::Ringing]),
        // Lists in the style of the vendors' libraries, and in handwritten style.
        (
            "&StatusCallbackEvent=initiated&StatusCallbackEvent=answered",
            vec![CallEvent::Initiated, CallEvent::Answered],
        ),
        (
            "&StatusCallbackEvent=answered+completed",
            vec![CallEvent::Answered, CallEvent::Completed],
        ),
    ];
    let mut asked = Vec::new();
    for (words, events) in all {
        let form = "FallbackUrl=http://e/f&FallbackMethod=GET&StatusCallback=http://e/s";
        let answer = update(&bench, CALL, &format!("{form}{words}")).await;
        assert_eq!(answer.status, StatusCode::OK, "{words}");
        let to = url("http://e/s", Method::Post);
        asked.push(Question::UpdateCall {
            call: CALL.parse().unwrap(),
            update: CallUpdate {
                fallback: Some(url("http://e/f", Method::Get)),
                status_callback: Some(CallCallback { to, events }),
                ..CallUpdate::default()
            },
        });
    }
    assert_eq!(bench.questions(), asked);
    update(&bench, CALL, "StatusCallback=x")
        .await
        .is_error(422, 21402);
}

#[tokio::test]
async fn what_cannot_be_is_refused_before_it_is_asked() {
    for (form, code) in [
        ("Status=busy", 10000),
        ("Status=Completed", 10000),
        ("Url=voice.xml", 21402),
        ("Url=http://e/x&Method=PUT", 21209),
    ] {
        let bench = Bench::usual();
        update(&bench, CALL, form).await.is_error(422, code);
        assert!(bench.questions().is_empty(), "{form}");
    }
}

#[tokio::test]
async fn a_call_that_is_over_or_never_was() {
    let bench = bench();
    update(&bench, &sid(1), "Status=completed")
        .await
        .is_error(422, 21220);
    update(&bench, OTHER_CALL, "Status=completed")
        .await
        .is_error(404, 20404);
    update(&bench, "CA1", "Status=completed")
        .await
        .is_error(404, 20404);
    let bad = Bench::new(|_| {
        Some(Reply::Refused(Refusal::BadDocument {
            code: 12100,
            message: "not XML".to_owned(),
        }))
    });
    update(&bad, CALL, "Twiml=nonsense")
        .await
        .is_error(422, 12100);
}

async fn create(bench: &Bench, form: &str) -> Answer {
    let path = format!("/2010-04-01/Accounts/{ACCOUNT}/Calls.json");
    bench.send(posted(&path, FORM, form.to_owned())).await
}

#[tokio::test]
async fn a_call_is_made_as_it_is_wished_for() {
    let bench = Bench::usual();
    let form = "To=%2B15551234567&From=%2B15557654321&Url=http://e/x&Method=GET&Timeout=20\
                &StatusCallback=http://e/s&StatusCallbackMethod=GET\
                &StatusCallbackEvent=initiated&StatusCallbackEvent=answered\
                &MachineDetection=Enable&MachineDetectionTimeout=30&AsyncAmd=true\
                &SendDigits=ww12%23*W&Record=false&CallerId=x";
    let answer = create(&bench, form).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.json());
    assert_eq!(answer.json()["parent_call_sid"], Value::Null);
    assert_eq!(answer.json()["answered_by"], Value::Null);
    let url = |url: &str| Url {
        url: url.to_owned(),
        method: Method::Get,
    };
    let wish = NewCall {
        to: "+15551234567".to_owned(),
        from: "+15557654321".to_owned(),
        first: NextDocument::From(url("http://e/x")),
        fallback: None,
        status_callback: Some(CallCallback {
            to: url("http://e/s"),
            events: vec![CallEvent::Initiated, CallEvent::Answered],
        }),
        rings: std::time::Duration::from_secs(20),
        record: None,
        send_digits: DigitString::parse("ww12#*W", 32),
        caller_id: Some("x".to_owned()),
        time_limit: None,
        credentials: None,
    };
    assert_eq!(bench.questions(), [Question::CreateCall(Box::new(wish))]);
    // Defaults: the call rings for a minute, and only its end is reported.
    create(
        &bench,
        "To=1&From=a&Twiml=%3CResponse%2F%3E&StatusCallback=http://e/s",
    )
    .await;
    let Some(Question::CreateCall(wish)) = bench.questions().pop() else {
        panic!("nothing was asked");
    };
    assert_eq!(wish.rings, std::time::Duration::from_secs(60));
    assert_eq!(wish.send_digits, None);
    let told = wish.status_callback.unwrap();
    assert_eq!(
        (told.events, told.to.method),
        (vec![CallEvent::Completed], Method::Post)
    );
}

#[tokio::test]
async fn a_call_that_cannot_be_made_is_refused_before_it_is_asked() {
    for (form, code) in [
        ("To=1&From=a&Url=x", 21402),
        ("To=1&From=a&Url=http://e/x&Timeout=0", 10000),
        ("To=1&From=a&Url=http://e/x&Timeout=601", 10000),
        ("To=1&From=a&Url=http://e/x&Timeout=soon", 10000),
        ("To=1&From=a&Url=http://e/x&SendDigits=1%2C2", 21206),
        ("To=1&From=a&Url=http://e/x&SendDigits=1+2", 21206),
        (
            "To=1&From=a&Url=http://e/x&SendDigits=123456789012345678901234567890123",
            21206,
        ),
        ("To=1&From=a&Url=http://e/x&TimeLimit=0", 10000),
        ("To=1&From=a&Url=http://e/x&TimeLimit=86401", 10000),
        ("To=1&From=a&Url=http://e/x&TimeLimit=soon", 10000),
        ("To=1&From=a&Url=http://e/x&SipAuthUsername=u", 10000),
        ("To=1&From=a&Url=http://e/x&SipAuthPassword=p", 10000),
        (
            "To=1&From=a&Url=http://e/x&SipAuthUsername=a%22&SipAuthPassword=p",
            10000,
        ),
        (
            "To=1&From=a&Url=http://e/x&StatusCallback=http://e/s&StatusCallbackMethod=PUT",
            21209,
        ),
    ] {
        let bench = Bench::usual();
        create(&bench, form).await.is_error(422, code);
        assert!(bench.questions().is_empty(), "{form}");
    }
}

#[tokio::test]
async fn missing_field_of_a_new_call_has_its_own_code_and_is_named() {
    for (form, field, code) in [
        ("", "To", 21201),
        ("From=a&Url=http://e/x", "To", 21201),
        ("To=&From=a&Url=http://e/x", "To", 21201),
        ("To=1&Url=http://e/x", "From", 21213),
        ("To=1&From=a", "Url", 21205),
        ("To=1&From=a&Url=&Twiml=", "Url", 21205),
    ] {
        let bench = Bench::usual();
        let answer = create(&bench, form).await;
        answer.is_error(422, code);
        let message = answer.json()["message"].as_str().unwrap().to_owned();
        assert!(
            message.starts_with(&format!("missing {field}:")),
            "{message}"
        );
        assert!(bench.questions().is_empty(), "{form}");
    }
}
