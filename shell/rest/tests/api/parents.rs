//! Resources below a call or conference: parent state × method, for every route, in both dialects.

use axum::body::Body;
use confab_rest::Dialect;
use confab_switchboard::conference::{Refusal as Rule, Status};
use confab_switchboard::{
    CallStatus, RecordingOf, RecordingSource, RecordingStatus, RecordingView, Refusal, Reply,
    Request as Question,
};
use confab_terms::{CallSid, ConferenceSid, RecordingSid, Track, WallTime};

use crate::common::{
    ACCOUNT, Bench, CALL, CONFERENCE, ENDED, Memory, account, call, conference, request, usual,
};

const ENDED_CALL: &str = "77777777-7777-4777-8777-777777777777";
const UNKNOWN: &str = "88888888-8888-4888-8888-888888888888";
const RECORDING: &str = "99999999-9999-4999-8999-999999999999";
const OTHER_RECORDING: &str = "99999999-9999-4999-8999-99999999999a";

/// Status and code; code 0: success.
type Outcome = (u16, i64);

const OK: Outcome = (200, 0);
const GONE: Outcome = (404, 20404);

/// Method on a path below a parent `{}`, and its outcome for a live, ended and unknown parent.
struct Row {
    method: &'static str,
    path: &'static str,
    form: &'static str,
    live: Outcome,
    ended: Outcome,
    /// Outcome for an ended parent in the `twilio` dialect.
    ended_twilio: Outcome,
}

fn row(method: &'static str, path: &'static str, form: &'static str) -> Row {
    Row {
        method,
        path,
        form,
        live: OK,
        ended: OK,
        ended_twilio: OK,
    }
}

impl Row {
    fn live(self, live: Outcome) -> Self {
        Self { live, ..self }
    }
    fn ended(self, ended: Outcome, ended_twilio: Outcome) -> Self {
        Self {
            ended,
            ended_twilio,
            ..self
        }
    }
}

const COMPLETED: Outcome = (422, 10000);
const OVER: Outcome = (422, 21220);
const OVER_TWILIO: Outcome = (400, 21220);

fn rows_of_conference() -> Vec<Row> {
    vec![
        row("GET", "/Conferences/{}", ""),
        row("POST", "/Conferences/{}", "Status=completed").ended(COMPLETED, GONE),
        row("GET", "/Conferences/{}/Participants", ""),
        row("GET", "/Conferences/{}/Participants/CALL", "").ended(GONE, GONE),
        row("POST", "/Conferences/{}/Participants/CALL", "Muted=true").ended(COMPLETED, GONE),
        row("DELETE", "/Conferences/{}/Participants/CALL", "")
            .live((204, 0))
            .ended(GONE, GONE),
        row("GET", "/Conferences/{}/Participants/nobody", "")
            .live(GONE)
            .ended(GONE, GONE),
        row("POST", "/Conferences/{}/Participants/nobody", "")
            .live(GONE)
            .ended(COMPLETED, GONE),
        row("DELETE", "/Conferences/{}/Participants/nobody", "")
            .live(GONE)
            .ended(GONE, GONE),
        row("GET", "/Conferences/{}/Audibility", "").ended(COMPLETED, GONE),
        row("GET", "/Conferences/{}/Recordings", ""),
        row("POST", "/Conferences/{}/Recordings", "").ended(COMPLETED, GONE),
        row("GET", "/Conferences/{}/Recordings/RECORDING", ""),
        row("GET", "/Conferences/{}/Recordings/OTHER", "")
            .live(GONE)
            .ended(GONE, GONE),
        row(
            "POST",
            "/Conferences/{}/Recordings/RECORDING",
            "Status=stopped",
        )
        .ended(COMPLETED, (400, 10000)),
        row(
            "POST",
            "/Conferences/{}/Recordings/Twilio.CURRENT",
            "Status=stopped",
        )
        .ended(COMPLETED, GONE),
        row("POST", "/Conferences/{}/Recordings/OTHER", "Status=stopped")
            .live(GONE)
            .ended(GONE, GONE),
        row("DELETE", "/Conferences/{}/Recordings/OTHER", "")
            .live(GONE)
            .ended(GONE, GONE),
    ]
}

fn rows_of_call() -> Vec<Row> {
    vec![
        row("GET", "/Calls/{}", ""),
        row("POST", "/Calls/{}", "Status=completed").ended(OVER, OVER_TWILIO),
        row("GET", "/Calls/{}/Notifications", ""),
        row("GET", "/Calls/{}/Notifications/NOTICE", "")
            .live(GONE)
            .ended(GONE, GONE),
        row("GET", "/Calls/{}/Recordings", ""),
        row("POST", "/Calls/{}/Recordings", "").ended(OVER, OVER_TWILIO),
        row("GET", "/Calls/{}/Recordings/RECORDING", ""),
        row("GET", "/Calls/{}/Recordings/OTHER", "")
            .live(GONE)
            .ended(GONE, GONE),
        row("POST", "/Calls/{}/Recordings/RECORDING", "Status=stopped")
            .ended(COMPLETED, (400, 10000)),
        row(
            "POST",
            "/Calls/{}/Recordings/Twilio.CURRENT",
            "Status=stopped",
        )
        .ended(OVER, OVER_TWILIO),
        row("POST", "/Calls/{}/Recordings/OTHER", "Status=stopped")
            .live(GONE)
            .ended(GONE, GONE),
        row("DELETE", "/Calls/{}/Recordings/OTHER", "")
            .live(GONE)
            .ended(GONE, GONE),
    ]
}

fn recording(of: RecordingOf) -> RecordingView {
    RecordingView {
        sid: RECORDING.parse().unwrap(),
        account: ACCOUNT.parse().unwrap(),
        of,
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
    }
}

/// Replies as a switchboard with a single live call and a single live conference.
fn script(question: &Question) -> Option<Reply> {
    let live: ConferenceSid = CONFERENCE.parse().unwrap();
    let live_call: CallSid = CALL.parse().unwrap();
    let known: RecordingSid = RECORDING.parse().unwrap();
    let recorded = |of: RecordingOf| match of {
        RecordingOf::Call(call) if call != live_call => Some(Refusal::NoSuchCall(call)),
        RecordingOf::Conference(sid) if sid != live => Some(Refusal::NoSuchConference(sid)),
        _ => None,
    };
    let reply = match question {
        Question::StartRecording { of, .. } => match recorded(*of) {
            Some(refusal) => Reply::Refused(refusal),
            None => Reply::Recording(Box::new(recording(*of))),
        },
        Question::UpdateRecording {
            of, recording: sid, ..
        } => match (recorded(*of), sid) {
            (Some(refusal), _) => Reply::Refused(refusal),
            (None, Some(sid)) if *sid != known => {
                Reply::Refused(Refusal::NoSuchRecording(sid.to_string()))
            }
            (None, _) => Reply::Recording(Box::new(recording(*of))),
        },
        Question::FetchParticipant { conference, key }
        | Question::UpdateParticipant {
            conference, key, ..
        }
        | Question::RemoveParticipant { conference, key }
            if *conference == live && format!("{key:?}").contains("nobody") =>
        {
            let rule = Rule::NoSuchParticipant("nobody".to_owned());
            Reply::Refused(Refusal::Conference(rule))
        }
        other => return usual(other),
    };
    Some(reply)
}

fn bench(dialect: Dialect, of: RecordingOf) -> Bench {
    let mut ended = call(ENDED_CALL);
    ended.status = CallStatus::Completed;
    let store = Memory {
        account: account(),
        keys: std::sync::Mutex::default(),
        is_degraded: Default::default(),
        conferences: vec![conference(ENDED, "ended", 1, Status::Completed)],
        calls: vec![ended],
        notices: std::sync::Mutex::default(),
        recordings: std::sync::Mutex::new(vec![recording(of)]),
    };
    Bench::speaking(dialect, script, store)
}

/// Returns a UUID in the dialect's spelling.
fn spelled(dialect: Dialect, letters: &str, uuid: &str) -> String {
    match dialect {
        Dialect::SignalWire => uuid.to_owned(),
        Dialect::Twilio => format!("{letters}{}", uuid.replace('-', "")),
    }
}

async fn outcome(row: &Row, dialect: Dialect, parent: &str, of: RecordingOf) -> Outcome {
    let account = spelled(dialect, "AC", ACCOUNT);
    let path = row
        .path
        .replace("{}", parent)
        .replace("CALL", &spelled(dialect, "CA", CALL))
        .replace("OTHER", &spelled(dialect, "RE", OTHER_RECORDING))
        .replace("RECORDING", &spelled(dialect, "RE", RECORDING))
        .replace("NOTICE", &spelled(dialect, "NO", UNKNOWN));
    let path = format!("/2010-04-01/Accounts/{account}{path}");
    let request = request(row.method, &path)
        .header("content-type", "application/x-www-form-urlencoded")
        .body(Body::from(row.form))
        .unwrap();
    let answer = bench(dialect, of).send(request).await;
    let status = match answer.status.as_u16() {
        // Creations return 200 or 201, depending on the vendor.
        201 => 200,
        status => status,
    };
    let code = if answer.status.is_success() {
        0
    } else {
        answer.code()
    };
    (status, code)
}

#[tokio::test]
async fn every_route_below_a_call_or_conference_follows_its_parents_state() {
    let call = |sid: &str| RecordingOf::Call(sid.parse().unwrap());
    let conference = |sid: &str| RecordingOf::Conference(sid.parse().unwrap());
    for dialect in [Dialect::SignalWire, Dialect::Twilio] {
        for (rows, letters, live, ended) in [
            (rows_of_call(), "CA", call(CALL), call(ENDED_CALL)),
            (
                rows_of_conference(),
                "CF",
                conference(CONFERENCE),
                conference(ENDED),
            ),
        ] {
            let sid = |of: RecordingOf| match of {
                RecordingOf::Call(sid) => spelled(dialect, letters, &sid.to_string()),
                RecordingOf::Conference(sid) => spelled(dialect, letters, &sid.to_string()),
            };
            for row in rows {
                let ended_as = match dialect {
                    Dialect::SignalWire => row.ended,
                    Dialect::Twilio => row.ended_twilio,
                };
                let other_kind = if letters == "CA" { "CF" } else { "CA" };
                for (parent, of, expected) in [
                    (sid(live), live, row.live),
                    (sid(ended), ended, ended_as),
                    (spelled(dialect, letters, UNKNOWN), live, GONE),
                    (spelled(Dialect::Twilio, other_kind, CALL), live, GONE),
                    ("nonsense".to_owned(), live, GONE),
                ] {
                    let found = outcome(&row, dialect, &parent, of).await;
                    let (method, path) = (row.method, row.path);
                    assert_eq!(found, expected, "{dialect:?} {method} {path} of {parent}");
                }
            }
        }
    }
}

#[tokio::test]
async fn participants_of_an_ended_conference_are_an_empty_list() {
    let bench = bench(
        Dialect::SignalWire,
        RecordingOf::Call(CALL.parse().unwrap()),
    );
    let path = format!("/2010-04-01/Accounts/{ACCOUNT}/Conferences/{ENDED}/Participants");
    let answer = bench.ask("GET", &path).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.json()["participants"], serde_json::json!([]));
    let one = bench.ask("GET", &format!("{path}/{CALL}")).await;
    one.is_error(404, 20404);
    let message = one.json()["message"].as_str().unwrap().to_owned();
    assert!(
        message.contains("participant"),
        "the conference is there: {message}"
    );
}
