//! Routing: authentication, the spellings of a path, keys, and JSON for paths without a route.

use std::sync::atomic::Ordering;

use crate::common::{ACCOUNT, Bench, CALL, CONFERENCE, ENDED, TOKEN, basic, participant_path};
use axum::body::Body;
use axum::http::{Request, header};
use confab_switchboard::Request as Question;
use confab_switchboard::conference::Key;

#[tokio::test]
async fn who_does_not_authenticate_is_told_nothing() {
    let path = participant_path(CONFERENCE, CALL);
    let wrong = [
        None,
        Some(basic(ACCOUNT, "PTwrong")),
        Some(basic(ACCOUNT, "")),
        Some(basic("", TOKEN)),
        Some(basic(CONFERENCE, TOKEN)),
        Some(basic(&format!("ACAC{ACCOUNT}"), TOKEN)),
        Some(basic(ACCOUNT, TOKEN).replace("Basic", "Bearer")),
        Some("Basic".to_owned()),
        Some("Basic !!!".to_owned()),
        Some("Basic dXNlcg==".to_owned()),
        Some("Basic //79".to_owned()),
    ];
    for authorization in wrong {
        // A new server each time: failures delay the next logins.
        let bench = Bench::usual();
        for path in [
            path.as_str(),
            "/2010-04-01/nothing",
            "/api/laml/2010-04-01/Accounts",
        ] {
            let mut request = Request::builder().uri(path);
            if let Some(value) = &authorization {
                request = request.header(header::AUTHORIZATION, value);
            }
            let answer = bench.send(request.body(Body::empty()).unwrap()).await;
            answer.is_error(401, 20003);
            let challenge = answer.headers[header::WWW_AUTHENTICATE].to_str().unwrap();
            assert!(challenge.starts_with("Basic realm="));
        }
        assert_eq!(bench.questions(), []);
    }
}

#[tokio::test]
async fn the_alias_of_an_account_is_the_account() {
    let bench = Bench::usual();
    let alias = format!("AC{ACCOUNT}");
    let upper = ACCOUNT.to_uppercase();
    for (user, in_path) in [
        (&alias, alias.as_str()),
        (&alias, ACCOUNT),
        (&upper, &upper),
    ] {
        let request = Request::builder()
            .uri(participant_path(CONFERENCE, CALL).replace(ACCOUNT, in_path))
            .header(header::AUTHORIZATION, basic(user, TOKEN));
        let answer = bench.send(request.body(Body::empty()).unwrap()).await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.json()["account_sid"], ACCOUNT);
    }
}

#[tokio::test]
async fn every_spelling_of_a_path_is_served() {
    let bench = Bench::usual();
    for prefix in ["", "/api/laml", "/api/laml/api/laml"] {
        for suffix in ["", ".json"] {
            let path = format!("{prefix}{}{suffix}", participant_path(CONFERENCE, CALL));
            let answer = bench.ask("GET", &path).await;
            assert_eq!(answer.status, 200, "{path}");
        }
    }
    let path = participant_path(CONFERENCE, CALL);
    for path in [
        format!("/api/laml/api/laml/api/laml{path}"),
        format!("/api/lamlx{path}"),
        format!("{path}.json.json/x"),
        format!("{path}/"),
        "/".to_owned(),
        "*".to_owned(),
        "/api/laml".to_owned(),
        "/api/laml/".to_owned(),
        "/.json".to_owned(),
        "/2010-04-01".to_owned(),
        format!("/2010-04-01/Accounts/{ACCOUNT}/Addresses"),
    ] {
        bench.ask("GET", &path).await.is_error(404, 20404);
    }
}

#[tokio::test]
async fn a_participant_is_found_by_its_label() {
    let long = "l".repeat(128);
    // Characters count, not bytes.
    let wide = ("%C3%A9".repeat(128), "\u{e9}".repeat(128));
    let labels = [
        (wide.0.as_str(), wide.1.as_str()),
        ("agent", "agent"),
        ("l%201", "l 1"),
        ("caf%C3%A9%3F", "caf\u{e9}?"),
        ("a+b", "a+b"),
        (
            "33333333333343338333333333333333",
            "33333333333343338333333333333333",
        ),
        (long.as_str(), long.as_str()),
    ];
    for (written, label) in labels {
        let bench = Bench::usual();
        let answer = bench
            .ask("GET", &participant_path(CONFERENCE, written))
            .await;
        assert_eq!(answer.status, 200);
        let wanted = Question::FetchParticipant {
            conference: CONFERENCE.parse().unwrap(),
            key: Key::Label(label.to_owned()),
        };
        assert_eq!(bench.questions(), [wanted]);
    }
}

#[tokio::test]
async fn a_key_that_can_be_none_is_not_found() {
    let bench = Bench::usual();
    let long = "l".repeat(129);
    for key in ["a%2Fb", long.as_str()] {
        bench
            .ask("GET", &participant_path(CONFERENCE, key))
            .await
            .is_error(404, 20404);
    }
    bench
        .ask("GET", &participant_path(CONFERENCE, "%FF"))
        .await
        .is_error(400, 10000);
    bench
        .ask("GET", &participant_path("ConferenceSid", CALL))
        .await
        .is_error(404, 20404);
    assert_eq!(bench.questions(), []);
}

#[tokio::test]
async fn other_accounts_are_not_found() {
    let bench = Bench::usual();
    for other in [CONFERENCE, "x", "", "AC", "%20"] {
        for rest in ["", "/Conferences", "/nothing"] {
            let path = format!("/2010-04-01/Accounts/{other}{rest}");
            bench.ask("GET", &path).await.is_error(404, 20404);
        }
    }
    assert_eq!(bench.questions(), []);
}

#[tokio::test]
async fn a_wrong_method_is_told_which_would_do() {
    let bench = Bench::usual();
    let path = participant_path(CONFERENCE, CALL);
    for method in ["PUT", "PATCH", "TRACE", "BREW"] {
        let answer = bench.ask(method, &path).await;
        answer.is_error(405, 10000);
        let allow = answer.headers[header::ALLOW].to_str().unwrap();
        assert!(
            ["GET", "POST", "DELETE", "OPTIONS"]
                .iter()
                .all(|method| allow.contains(method)),
            "{allow}"
        );
    }
    let head = bench.ask("HEAD", &path).await;
    assert_eq!((head.status.as_u16(), head.body.len()), (200, 0));
}

#[tokio::test]
async fn delete_is_exactly_204_and_empty() {
    let bench = Bench::usual();
    let answer = bench
        .ask("DELETE", &participant_path(CONFERENCE, CALL))
        .await;
    assert_eq!((answer.status.as_u16(), answer.body.len()), (204, 0));
    let gone = bench.ask("DELETE", &participant_path(ENDED, CALL)).await;
    gone.is_error(404, 20404);
}

#[tokio::test]
async fn health_needs_no_account_and_tells_the_truth() {
    let bench = Bench::usual();
    let request = || {
        Request::builder()
            .uri("/healthz")
            .body(Body::empty())
            .unwrap()
    };
    let health = bench.send(request()).await;
    assert_eq!(
        (health.status.as_u16(), &health.json()["status"]),
        (200, &"ok".into())
    );
    bench.store.is_degraded.store(true, Ordering::Relaxed);
    let health = bench.send(request()).await;
    assert_eq!(
        (health.status.as_u16(), &health.json()["status"]),
        (200, &"degraded".into())
    );
    bench.ready.store(false, Ordering::Relaxed);
    assert_eq!(bench.send(request()).await.status, 503);
}

/// Participants "l" and "l.json": the client libraries append `.json` to both labels.
#[tokio::test]
async fn label_that_ends_in_json_is_found_in_every_spelling() {
    use confab_switchboard::conference::Refusal as Rule;
    use confab_switchboard::{Refusal, Reply};
    for (seated, written, found) in [
        (&["l.json"][..], "l.json", Some("l.json")),
        (&["l.json"], "l%2Ejson", Some("l.json")),
        (&["l.json"], "l.json.json", Some("l.json")),
        (&["l.json"], "l", None),
        (&["l.json"], "l%2ejson.json", Some("l.json")),
        (&["l"], "l.json", Some("l")),
        (&["l", "l.json"], "l.json", Some("l")),
        (&["l", "l.json"], "l.json.json", Some("l.json")),
        (&[".json"], ".json", Some(".json")),
        (&[".json"], ".json.json", Some(".json")),
        (&["\u{e9} 1.json"], "%C3%A9%201.json", Some("\u{e9} 1.json")),
    ] {
        for method in ["GET", "POST", "DELETE"] {
            let answered = std::sync::Arc::new(std::sync::Mutex::new(None));
            let last = std::sync::Arc::clone(&answered);
            let bench = Bench::new(move |question| {
                let (Question::FetchParticipant { key, .. }
                | Question::UpdateParticipant { key, .. }
                | Question::RemoveParticipant { key, .. }) = question
                else {
                    return None;
                };
                let Key::Label(label) = key else { return None };
                if !seated.contains(&label.as_str()) {
                    let rule = Rule::NoSuchParticipant(label.clone());
                    return Some(Reply::Refused(Refusal::Conference(rule)));
                }
                *last.lock().unwrap() = Some(label.clone());
                crate::common::usual(question)
            });
            let path = participant_path(CONFERENCE, written);
            let answer = bench.ask(method, &path).await;
            assert_eq!(
                answered.lock().unwrap().as_deref(),
                found,
                "{method} {path}"
            );
            match found {
                Some(_) => assert!(answer.status.is_success(), "{method} {path}"),
                None => answer.is_error(404, 20404),
            }
        }
    }
}
