//! The twilio dialect: each of its differences in semantics and contract, over HTTP.

use crate::common::{
    ACCOUNT, Bench, CALL, CONFERENCE, ENDED, Memory, OTHER_CALL, TOKEN, account, basic, call,
    conference, keys, live_conference, participant, participant_path, usual,
};
use axum::body::Body;
use confab_rest::Dialect;
use confab_store::KeptNotice;
use confab_switchboard::conference::{EndReason, Key, Refusal as Rule, Status, Target};
use confab_switchboard::{
    CallDirection, CallStatus, Notice, Refusal, Reply, Request as Question, Severity,
};
use confab_terms::WallTime;
use serde_json::{Value, json};

/// Returns a sid as Twilio writes it: two letters and 32 digits.
fn tw(letters: &str, uuid: &str) -> String {
    format!("{letters}{}", uuid.replace('-', ""))
}

fn below(rest: &str) -> String {
    format!("/2010-04-01/Accounts/{}{rest}", tw("AC", ACCOUNT))
}

fn the_conference() -> String {
    below(&format!("/Conferences/{}", tw("CF", CONFERENCE)))
}

fn the_participant() -> String {
    format!("{}/Participants/{}", the_conference(), tw("CA", CALL))
}

fn memory() -> Memory {
    let mut ended = conference(ENDED, "ended", 1_794_900_000_000, Status::Completed);
    ended.end_reason = Some(EndReason::EndOnExitLeft);
    ended.call_ending = Some(CALL.parse().unwrap());
    let notice = Notice {
        code: 11200,
        severity: Severity::Error,
        message: "no answer".to_owned(),
        at: WallTime(0),
        call: Some(CALL.parse().unwrap()),
        conference: None,
        url: Some("http://e/hold".to_owned()),
        method: Some(confab_terms::Method::Get),
        exchange: None,
    };
    Memory {
        account: account(),
        keys: std::sync::Mutex::default(),
        is_degraded: Default::default(),
        conferences: vec![ended],
        calls: vec![],
        recordings: std::sync::Mutex::default(),
        notices: std::sync::Mutex::new(vec![KeptNotice {
            sid: OTHER_CALL.to_owned(),
            notice,
        }]),
    }
}

fn bench(script: impl Fn(&Question) -> Option<Reply> + Send + Sync + 'static) -> Bench {
    Bench::speaking(Dialect::Twilio, script, memory())
}

impl Bench {
    async fn posted(&self, path: &str, form: &str) -> crate::common::Answer {
        let kind = "application/x-www-form-urlencoded";
        self.send(crate::common::posted(path, kind, form.to_owned()))
            .await
    }

    async fn get(&self, path: &str) -> Value {
        let answer = self.ask("GET", path).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.json());
        answer.json()
    }
}

/// Checks that JSON contains no sid of the other dialect; links are exempt, as their token is
/// opaque.
fn all_spelled(json: &Value) {
    let text = json.to_string();
    for uuid in [ACCOUNT, CONFERENCE, CALL, OTHER_CALL, ENDED] {
        assert!(!text.contains(uuid), "{uuid} in {text}");
    }
}

#[tokio::test]
async fn a_participant() {
    let script = |question: &Question| {
        let mut reply = usual(question)?;
        if let Reply::Participant { participant, .. } = &mut reply {
            participant.state.label = Some("agent".to_owned());
            participant.state.coaching = true;
            participant.state.call_sid_to_coach = Some(OTHER_CALL.parse().unwrap());
        }
        Some(reply)
    };
    let answer = bench(script).posted(&the_participant(), "Muted=true").await;
    let wanted = json!({
        "account_sid": tw("AC", ACCOUNT),
        "call_sid": tw("CA", CALL),
        "call_sid_to_coach": tw("CA", OTHER_CALL),
        "coaching": true,
        "conference_sid": tw("CF", CONFERENCE),
        "date_created": "Tue, 17 Nov 2026 12:34:56 +0000",
        "date_updated": "Tue, 17 Nov 2026 12:35:10 +0000",
        "end_conference_on_exit": false,
        "hold": false,
        "label": "agent",
        "muted": false,
        "queue_time": null,
        "start_conference_on_enter": true,
        "status": "connected",
        "uri": format!("{}.json", the_participant()),
    });
    assert_eq!(answer.json(), wanted);
    assert_eq!(answer.headers["x-applied-tick"], "7");
}

#[tokio::test]
async fn one_who_rings_is_ringing() {
    let script = |question: &Question| {
        let mut reply = usual(question)?;
        if let Reply::Participant { participant, .. } = &mut reply {
            participant.state.seated = false;
        }
        Some(reply)
    };
    assert_eq!(
        bench(script).get(&the_participant()).await["status"],
        "ringing"
    );
}

#[tokio::test]
async fn ids_are_read_in_paths_and_bodies() {
    let bench = bench(usual);
    let form = format!("CallSidToCoach={}", tw("CA", OTHER_CALL));
    assert_eq!(bench.posted(&the_participant(), &form).await.status, 200);
    let [
        Question::UpdateParticipant {
            conference,
            key,
            update,
        },
    ] = &bench.questions()[..]
    else {
        panic!("another question");
    };
    assert_eq!(conference.to_string(), CONFERENCE);
    assert_eq!(*key, Key::Call(CALL.parse().unwrap()));
    let target = Target::Call(OTHER_CALL.parse().unwrap());
    assert_eq!(update.call_sid_to_coach, Some(target));
    // A sid of another kind, or in the other dialect's spelling, is an unknown target.
    for text in [tw("CF", OTHER_CALL), OTHER_CALL.to_owned()] {
        let form = format!("CallSidToCoach={text}");
        bench.posted(&the_participant(), &form).await;
        let [Question::UpdateParticipant { update, .. }] = &bench.questions()[..] else {
            panic!("another question");
        };
        assert_eq!(update.call_sid_to_coach, Some(Target::Unknown(text)));
    }
}

#[tokio::test]
async fn the_other_dialects_paths_lead_nowhere() {
    let bench = bench(usual);
    for path in [
        below(&format!("/Conferences/{CONFERENCE}")),
        below(&format!("/Conferences/{}", tw("CA", CONFERENCE))),
        below(&format!("/Calls/{CALL}")),
        below(&format!("/Calls/{}", tw("CF", CALL))),
    ] {
        bench.ask("GET", &path).await.is_error(404, 20404);
    }
}

#[tokio::test]
async fn the_account_logs_in_however_it_is_written() {
    let bench = bench(usual);
    for user in [
        tw("AC", ACCOUNT),
        ACCOUNT.to_owned(),
        format!("AC{ACCOUNT}"),
    ] {
        let path = format!("/2010-04-01/Accounts/{user}/Conferences.json");
        let request = axum::http::Request::builder()
            .uri(path)
            .header("authorization", basic(&user, TOKEN));
        let answer = bench.send(request.body(Body::empty()).unwrap()).await;
        assert_eq!(answer.status, 200, "{user}");
        let uri = answer.json()["uri"].as_str().unwrap().to_owned();
        assert!(uri.starts_with(&below("/Conferences.json?")), "{uri}");
    }
}

#[tokio::test]
async fn a_boolean_that_is_none_is_false() {
    for (text, read) in [
        ("true", Some(true)),
        ("True", Some(true)),
        ("1", Some(true)),
        ("yes", Some(false)),
        ("2", Some(false)),
        ("", None),
    ] {
        let bench = bench(usual);
        let form = format!("Muted={text}");
        assert_eq!(bench.posted(&the_participant(), &form).await.status, 200);
        let [Question::UpdateParticipant { update, .. }] = &bench.questions()[..] else {
            panic!("another question");
        };
        assert_eq!(update.muted, read, "{text:?}");
    }
}

#[tokio::test]
async fn each_refusal_that_twilio_documents_has_its_code() {
    let uuid = || CALL.parse().unwrap();
    let cases = [
        (Refusal::Conference(Rule::Completed), 404, 20404),
        (
            Refusal::Conference(Rule::NoSuchTarget(CALL.into())),
            400,
            16028,
        ),
        (Refusal::Conference(Rule::TargetOnHold(uuid())), 400, 16027),
        // Codes that both dialects share.
        (Refusal::Conference(Rule::CoachingWithoutTarget), 400, 16002),
        (
            Refusal::Conference(Rule::NoSuchParticipant(CALL.into())),
            404,
            20404,
        ),
        (Refusal::NoSuchCall(uuid()), 404, 20404),
        (Refusal::RecordedAlready(CALL.parse().unwrap()), 400, 10000),
        (Refusal::NotInProgress(uuid()), 400, 21220),
        (Refusal::Busy, 429, 20429),
    ];
    for (refusal, status, code) in cases {
        let bench = bench(move |_| Some(Reply::Refused(refusal.clone())));
        let answer = bench.posted(&the_participant(), "Muted=true").await;
        answer.is_error(status, code);
        all_spelled(&answer.json());
        assert_eq!(
            answer.json()["more_info"],
            format!("https://www.twilio.com/docs/errors/{code}")
        );
    }
}

#[tokio::test]
async fn a_completed_conference_is_not_found_any_more_but_its_history_is() {
    let ended = below(&format!("/Conferences/{}", tw("CF", ENDED)));
    for path in [
        ended.clone(),
        format!("{ended}/Participants/{}", tw("CA", CALL)),
    ] {
        let answer = bench(usual).posted(&path, "Muted=true").await;
        answer.is_error(404, 20404);
    }
    let shown = bench(usual).get(&ended).await;
    assert_eq!(
        shown["reason_conference_ended"],
        "participant-with-end-conference-on-exit-left"
    );
    assert_eq!(shown["call_sid_ending_conference"], tw("CA", CALL));
    all_spelled(&shown);
}

#[tokio::test]
async fn a_live_conference_has_no_end_yet() {
    let shown = bench(usual).get(&the_conference()).await;
    assert_eq!(shown["reason_conference_ended"], Value::Null);
    assert_eq!(shown["call_sid_ending_conference"], Value::Null);
    assert_eq!(shown["uri"], format!("{}.json", the_conference()));
    assert_eq!(
        shown["subresource_uris"]["participants"],
        format!("{}/Participants.json", the_conference())
    );
    all_spelled(&shown);
}

#[tokio::test]
async fn a_call() {
    let of = |direction, ended: bool| {
        move |question: &Question| match question {
            Question::FetchCall { .. } => {
                let mut view = call(CALL);
                view.direction = direction;
                if ended {
                    view.status = CallStatus::Completed;
                    view.end_time = view.start_time.map(|at| WallTime(at.0 + 94_500));
                }
                Some(Reply::Call(Box::new(view)))
            }
            other => usual(other),
        }
    };
    let path = below(&format!("/Calls/{}", tw("CA", CALL)));
    let shown = bench(of(CallDirection::Inbound, false)).get(&path).await;
    let wanted = [
        "account_sid",
        "answered_by",
        "api_version",
        "caller_name",
        "date_created",
        "date_updated",
        "direction",
        "duration",
        "end_time",
        "forwarded_from",
        "from",
        "from_formatted",
        "group_sid",
        "parent_call_sid",
        "phone_number_sid",
        "price",
        "price_unit",
        "queue_time",
        "sid",
        "start_time",
        "status",
        "subresource_uris",
        "subresource_uris.notifications",
        "subresource_uris.recordings",
        "to",
        "to_formatted",
        "trunk_sid",
        "uri",
    ];
    assert_eq!(keys(&shown), wanted);
    assert_eq!(shown["sid"], tw("CA", CALL));
    assert_eq!(shown["duration"], Value::Null);
    assert_eq!(shown["direction"], "inbound");
    assert_eq!(shown["uri"], format!("{path}.json"));
    all_spelled(&shown);
    for (direction, word) in [
        (CallDirection::OutboundApi, "outbound-api"),
        (CallDirection::OutboundDial, "outbound-dial"),
    ] {
        let shown = bench(of(direction, true)).get(&path).await;
        assert_eq!(shown["direction"], word);
        assert_eq!(shown["duration"], "94");
    }
}

#[tokio::test]
async fn lists_count_from_start_to_end() {
    let script = |question: &Question| match question {
        Question::ListParticipants { .. } => {
            let coach = |mut view: confab_switchboard::ParticipantView| {
                view.state.coaching = true;
                view
            };
            let all = vec![participant(CALL, 0), coach(participant(OTHER_CALL, 1))];
            Some(Reply::Participants(all))
        }
        other => usual(other),
    };
    let bench = bench(script);
    let path = format!("{}/Participants.json", the_conference());
    let first = bench.get(&format!("{path}?PageSize=1")).await;
    assert_eq!((&first["start"], &first["end"]), (&json!(0), &json!(0)));
    let next = first["next_page_uri"].as_str().unwrap();
    assert!(next.starts_with(&path), "{next}");
    let second = bench.get(next).await;
    assert_eq!((&second["start"], &second["end"]), (&json!(1), &json!(1)));
    assert_eq!(second["participants"][0]["call_sid"], tw("CA", OTHER_CALL));
    let both = bench.get(&path).await;
    assert_eq!((&both["start"], &both["end"]), (&json!(0), &json!(1)));
    // Lists of the twilio dialect have a further filter.
    let coaches = bench.get(&format!("{path}?Coaching=true")).await;
    assert_eq!(coaches["participants"].as_array().unwrap().len(), 1);
    assert!(coaches["uri"].as_str().unwrap().contains("Coaching=true"));
}

#[tokio::test]
async fn the_account_and_its_lists() {
    let bench = bench(usual);
    let shown = bench.get(&below("")).await;
    assert_eq!(shown["sid"], tw("AC", ACCOUNT));
    assert_eq!(shown["owner_account_sid"], tw("AC", ACCOUNT));
    assert_eq!(shown["uri"], format!("{}.json", below("")));
    assert_eq!(shown["auth_token"], "redacted");
    for key in shown["subresource_uris"].as_object().unwrap().values() {
        let path = key.as_str().unwrap();
        let list = bench.get(path).await;
        assert_eq!((&list["page"], &list["start"]), (&json!(0), &json!(0)));
        all_spelled(&list);
    }
    let all = bench.get("/2010-04-01/Accounts.json").await;
    all_spelled(&all);
    let notice = &bench.get(&below("/Notifications.json")).await["notifications"][0];
    assert_eq!(notice["sid"], tw("NO", OTHER_CALL));
    assert_eq!(notice["call_sid"], tw("CA", CALL));
    assert_eq!(
        notice["more_info"],
        "https://www.twilio.com/docs/errors/11200"
    );
}

#[tokio::test]
async fn who_hears_whom_is_told_in_the_same_ids() {
    let shown = bench(usual)
        .get(&format!("{}/Audibility", the_conference()))
        .await;
    assert_eq!(shown["conference_sid"], tw("CF", CONFERENCE));
    assert_eq!(shown["listeners"][0]["call_sid"], tw("CA", OTHER_CALL));
    all_spelled(&shown);
}

#[tokio::test]
async fn errors_from_the_way_in_are_twilios_too() {
    let bench = bench(usual);
    let request = axum::http::Request::builder().uri(below(""));
    let refused = bench.send(request.body(Body::empty()).unwrap()).await;
    refused.is_error(401, 20003);
    let no_route = bench.ask("GET", &below("/Nonsense.json")).await;
    no_route.is_error(404, 20404);
    let wrong_method = bench.ask("PUT", &the_participant()).await;
    wrong_method.is_error(405, 10000);
    for answer in [refused, no_route, wrong_method] {
        let more = answer.json()["more_info"].as_str().unwrap().to_owned();
        assert!(more.starts_with("https://www.twilio.com/docs/errors/"));
    }
}

#[tokio::test]
async fn the_default_dialect_does_not_read_twilios_ids() {
    let bench = Bench::usual();
    let path = participant_path(&tw("CF", CONFERENCE), CALL);
    bench.ask("GET", &path).await.is_error(404, 20404);
    let shown = bench.get(&participant_path(CONFERENCE, CALL)).await;
    assert!(shown.get("label").is_none());
    assert_eq!(live_conference().sid.to_string(), CONFERENCE);
}
