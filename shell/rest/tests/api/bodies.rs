//! Bodies of all three types reach the switchboard as the same update; other types are rejected.

use crate::common::{Bench, CALL, CONFERENCE, OTHER_CALL, participant_path, posted, request};
use axum::body::Body;
use confab_switchboard::Request as Question;
use confab_switchboard::conference::{BeepWish, Key, Target, Update};
use confab_terms::Method;

const FORM: &str = "application/x-www-form-urlencoded";

fn asked_update(bench: &Bench) -> Update {
    match bench.questions().as_slice() {
        [
            Question::UpdateParticipant {
                conference,
                key,
                update,
            },
        ] => {
            assert_eq!(conference.to_string(), CONFERENCE);
            assert_eq!(*key, Key::Call(CALL.parse().unwrap()));
            update.clone()
        }
        other => panic!("asked {other:?}"),
    }
}

async fn update_of(kind: &str, body: &str) -> Update {
    let bench = Bench::usual();
    let answer = bench
        .send(posted(
            &participant_path(CONFERENCE, CALL),
            kind,
            body.to_owned(),
        ))
        .await;
    assert_eq!(answer.status, 200, "{}", answer.json());
    asked_update(&bench)
}

#[tokio::test]
async fn the_six_examples_of_the_page_as_the_library_sends_them() {
    let empty = Update::default();
    let coach = |muted| Update {
        muted: Some(muted),
        coaching: Some(true),
        call_sid_to_coach: Some(Target::Call(OTHER_CALL.parse().unwrap())),
        ..empty.clone()
    };
    let cases = [
        (String::new(), empty.clone()),
        (
            format!("Muted=false&Coaching=true&CallSidToCoach={OTHER_CALL}"),
            coach(false),
        ),
        (
            format!("Muted=True&Coaching=True&CallSidToCoach={OTHER_CALL}"),
            coach(true),
        ),
        (
            "Muted=false&Coaching=false&CallSidToCoach=".to_owned(),
            Update {
                muted: Some(false),
                coaching: Some(false),
                call_sid_to_coach: Some(Target::Nobody),
                ..empty.clone()
            },
        ),
        (
            "Muted=true".to_owned(),
            Update {
                muted: Some(true),
                ..empty.clone()
            },
        ),
        (
            "Hold=true&HoldUrl=http%3A%2F%2Fwww.your-application.com%2Fhold".to_owned(),
            Update {
                hold: Some(true),
                hold_url: Some("http://www.your-application.com/hold".to_owned()),
                ..empty.clone()
            },
        ),
    ];
    for (body, update) in cases {
        assert_eq!(update_of(FORM, &body).await, update, "{body}");
    }
}

#[tokio::test]
async fn every_field_is_typed() {
    let body = "Muted=1&Hold=0&HoldUrl=&HoldMethod=post&Coaching=TRUE&CallSidToCoach=nobody&\
        AnnounceUrl=https%3A%2F%2Fe%2Fa.mp3%23ot%3D100&AnnounceMethod=GET&WaitUrl=&\
        WaitMethod=POST&Beep=onExit&BeepOnExit=False&EndConferenceOnExit=true&Unknown=1";
    let update = Update {
        muted: Some(true),
        hold: Some(false),
        hold_url: Some(String::new()),
        hold_method: Some(Method::Post),
        coaching: Some(true),
        call_sid_to_coach: Some(Target::Unknown("nobody".to_owned())),
        announce_url: Some("https://e/a.mp3#ot=100".to_owned()),
        announce_method: Some(Method::Get),
        wait_url: Some(String::new()),
        wait_method: Some(Method::Post),
        beep: Some(BeepWish::OnExit),
        beep_on_exit: Some(false),
        end_conference_on_exit: Some(true),
    };
    assert_eq!(update_of(FORM, body).await, update);
}

/// The error repeats the text: so its length is limited.
#[tokio::test]
async fn of_a_target_that_is_no_sid_little_is_kept() {
    let body = format!("CallSidToCoach={}", "x".repeat(900_000));
    let update = update_of(FORM, body.as_str()).await;
    let kept = Target::Unknown("x".repeat(100));
    assert_eq!(update.call_sid_to_coach, Some(kept));
}

#[tokio::test]
async fn empty_is_unchanged_but_for_three_fields() {
    let body = "Muted=&Hold=&HoldUrl=&HoldMethod=&Coaching=&CallSidToCoach=&AnnounceUrl=&\
        AnnounceMethod=&WaitUrl=&WaitMethod=&Beep=&BeepOnExit=&EndConferenceOnExit=";
    let update = Update {
        hold_url: Some(String::new()),
        wait_url: Some(String::new()),
        call_sid_to_coach: Some(Target::Nobody),
        ..Update::default()
    };
    assert_eq!(update_of(FORM, body).await, update);
}

#[tokio::test]
async fn all_kinds_of_body_mean_the_same() {
    let wanted = Update {
        muted: Some(true),
        hold_url: Some("http://e/h?a=b c&d".to_owned()),
        call_sid_to_coach: Some(Target::Nobody),
        ..Update::default()
    };
    let form = "Muted=false&Muted=true&HoldUrl=http://e/h?a%3Db+c%26d&CallSidToCoach=";
    assert_eq!(update_of(FORM, form).await, wanted);
    assert_eq!(
        update_of("application/X-WWW-Form-urlencoded; charset=UTF-8", form).await,
        wanted
    );
    let json = r#"{"Muted": [false, true], "HoldUrl": "http://e/h?a=b c&d",
        "CallSidToCoach": null, "Else": {"a": []}}"#;
    assert_eq!(update_of("application/json", json).await, wanted);
    let twice = r#"{"Muted": false, "Muted": true, "HoldUrl": "http://e/h?a=b c&d",
        "CallSidToCoach": ""}"#;
    assert_eq!(
        update_of("application/json; charset=utf-8", twice).await,
        wanted
    );
    let parts = "--x\r\nContent-Disposition: form-data; name=\"Muted\"\r\n\r\nfalse\r\n\
        --x\r\nContent-Disposition: form-data; name=\"Muted\"\r\n\r\ntrue\r\n\
        --x\r\nContent-Disposition: form-data; name=\"HoldUrl\"\r\n\r\nhttp://e/h?a=b c&d\r\n\
        --x\r\nContent-Disposition: form-data; name=\"CallSidToCoach\"\r\n\r\n\r\n--x--\r\n";
    assert_eq!(
        update_of("multipart/form-data; boundary=x", parts).await,
        wanted
    );
}

#[tokio::test]
async fn an_empty_body_is_no_update_whatever_it_says_it_is() {
    for kind in [
        "",
        FORM,
        "application/json",
        "multipart/form-data",
        "text/plain",
        "\u{fc}",
    ] {
        assert_eq!(update_of(kind, "").await, Update::default(), "{kind}");
    }
    assert_eq!(update_of("application/json", "{}").await, Update::default());
}

#[tokio::test]
async fn what_is_no_body_of_a_request_is_refused() {
    let bench = Bench::usual();
    let path = participant_path(CONFERENCE, CALL);
    let fields: String = (0..1_001).map(|n| format!("F{n}=1&")).collect();
    let list = format!("{{\"F\": [{}1]}}", "1,".repeat(1_000));
    let large = "a".repeat(1024 * 1024 + 1);
    let cases: [(&str, Vec<u8>, u16); 14] = [
        (FORM, b"Muted=%FF".to_vec(), 400),
        (FORM, b"Muted=\xff".to_vec(), 400),
        (FORM, b"%C3=1".to_vec(), 400),
        ("application/json", b"{\"Muted\": tru".to_vec(), 400),
        ("application/json", b"[1]".to_vec(), 400),
        ("application/json", b"true".to_vec(), 400),
        ("application/json", b"{} {}".to_vec(), 400),
        ("application/json", "[".repeat(100_000).into_bytes(), 400),
        ("multipart/form-data", b"--x".to_vec(), 400),
        ("multipart/form-data; boundary=x", b"no part".to_vec(), 400),
        ("text/plain", b"Muted=true".to_vec(), 415),
        (FORM, fields.into_bytes(), 413),
        ("application/json", list.into_bytes(), 413),
        (FORM, large.into_bytes(), 413),
    ];
    for (kind, body, status) in cases {
        let answer = bench.send(posted(&path, kind, Body::from(body))).await;
        answer.is_error(status, 10000);
    }
    assert_eq!(bench.questions(), [], "nothing may reach the switchboard");
}

#[tokio::test]
async fn a_compressed_body_is_refused() {
    let bench = Bench::usual();
    let request = request("POST", &participant_path(CONFERENCE, CALL))
        .header("content-type", FORM)
        .header("content-encoding", "gzip")
        .body(Body::from("Muted=true"))
        .unwrap();
    bench.send(request).await.is_error(415, 10000);
}

#[tokio::test]
async fn a_large_body_without_a_length_is_cut_off() {
    let bench = Bench::usual();
    let chunks = (0..40).map(|_| Ok::<_, std::io::Error>(vec![b'a'; 64 * 1024]));
    let body = Body::from_stream(futures_util::stream::iter(chunks));
    let answer = bench
        .send(posted(&participant_path(CONFERENCE, CALL), FORM, body))
        .await;
    answer.is_error(413, 10000);
}
