//! A scripted switchboard and requests without a socket.
#![allow(dead_code, unreachable_pub, missing_docs, unused_imports)]

mod memory;
pub mod running;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode, header};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use confab_rest::{
    Api, Asked, Dialect, Family, Figures, Histogram, Line, Metrics, QueueFull, Switch, Values,
    router,
};
use confab_store::{Account, KeptNotice, TokenHash};
use confab_switchboard::conference::{ParticipantState, Status};
use confab_switchboard::{
    CallDirection, CallStatus, CallView, ConferenceView, ParticipantView, Refusal, Reply,
    Request as Question,
};
use confab_terms::{AccountSid, ConferenceSid, LegId, WallTime};
use serde_json::Value;
use tower::ServiceExt;

pub use memory::{BUSY, Dead, Memory, SLOW, UNREADABLE_KEY};

pub const ACCOUNT: &str = "11111111-1111-4111-8111-111111111111";
pub const CONFERENCE: &str = "22222222-2222-4222-8222-222222222222";
pub const ENDED: &str = "66666666-6666-4666-8666-666666666666";
pub const CALL: &str = "33333333-3333-4333-8333-333333333333";
pub const OTHER_CALL: &str = "44444444-4444-4444-8444-444444444444";
pub const TOKEN: &str = "PTtoken:with:colons";
/// Origin from which browsers may send requests.
pub const ORIGIN: &str = "https://app.example.com";
/// Public URL of the API.
pub const API_URL: &str = "http://198.51.100.7:8080";

type Script = dyn Fn(&Question) -> Option<Reply> + Send + Sync;

/// Switchboard that replies by a script and records its requests.
pub struct Scripted {
    script: Box<Script>,
    asked: Arc<Mutex<Vec<Question>>>,
}

impl Switch for Scripted {
    fn ask(&self, asked: Asked) -> Result<(), QueueFull> {
        let reply = (self.script)(&asked.what).ok_or(QueueFull)?;
        self.asked.lock().unwrap().push(asked.what);
        asked.reply.send(reply).unwrap();
        Ok(())
    }
}

/// Returns a folder of this process; tests that write files create it.
pub fn recordings_dir() -> std::path::PathBuf {
    std::env::temp_dir().join(format!("confab-rest-recordings-{}", std::process::id()))
}

pub fn account() -> Account {
    Account {
        sid: ACCOUNT.parse::<AccountSid>().unwrap(),
        friendly_name: "confab".to_owned(),
        token_hash: TokenHash::of(TOKEN),
        signing_key: "PSK_key".to_owned(),
        date_created: WallTime(1_794_916_800_000),
        date_updated: WallTime(1_794_916_800_000),
    }
}

pub fn participant(call: &str, joined: i64) -> ParticipantView {
    ParticipantView {
        conference: CONFERENCE.parse().unwrap(),
        state: ParticipantState {
            call: call.parse().unwrap(),
            leg: LegId(1),
            label: None,
            muted: false,
            hold: false,
            coaching: false,
            call_sid_to_coach: None,
            start_conference_on_enter: true,
            end_conference_on_exit: false,
            date_created: WallTime(1_794_918_896_000 + joined),
            date_updated: WallTime(1_794_918_910_000),
            seated: true,
        },
    }
}

pub fn conference(sid: &str, name: &str, created: i64, status: Status) -> ConferenceView {
    ConferenceView {
        sid: sid.parse().unwrap(),
        account: ACCOUNT.parse().unwrap(),
        friendly_name: name.to_owned(),
        status,
        date_created: WallTime(created),
        date_updated: WallTime(created + 14_000),
        end_reason: None,
        call_ending: None,
    }
}

pub fn call(sid: &str) -> CallView {
    CallView {
        sid: sid.parse().unwrap(),
        account: ACCOUNT.parse().unwrap(),
        from: "sip:alice@pbx.example.com".to_owned(),
        to: "sip:support@confab.example.com".to_owned(),
        caller_name: None,
        forwarded_from: None,
        audio: None,
        status: CallStatus::InProgress,
        direction: CallDirection::Inbound,
        date_created: WallTime(1_794_918_890_000),
        date_updated: WallTime(1_794_918_896_000),
        start_time: Some(WallTime(1_794_918_896_000)),
        end_time: None,
        seconds: None,
        sip_result_code: Some(200),
    }
}

/// API over a scripted switchboard.
pub struct Bench {
    pub router: axum::Router,
    pub asked: Arc<Mutex<Vec<Question>>>,
    pub ready: Arc<AtomicBool>,
    pub store: Arc<Memory>,
    pub dead: Arc<Dead>,
}

pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|e| panic!("{e}: {:?}", String::from_utf8_lossy(&self.body)))
    }
    pub fn code(&self) -> i64 {
        self.json()["code"].as_i64().unwrap()
    }
    pub fn is_fine(&self) {
        assert!(self.status.is_success(), "{}", self.json());
    }
    /// Checks that the response is a flat error with this status and code, and nothing else.
    pub fn is_error(&self, status: u16, code: i64) {
        let json = self.json();
        assert_eq!(
            (self.status.as_u16(), self.code()),
            (status, code),
            "{json}"
        );
        assert_eq!(json["status"], status);
        assert!(!json["message"].as_str().unwrap().is_empty());
        assert!(json["more_info"].as_str().unwrap().starts_with("https://"));
        assert_eq!(json.as_object().unwrap().len(), 4, "{json}");
        assert_eq!(self.headers[header::CONTENT_TYPE], "application/json");
    }
}

impl Bench {
    pub fn new(script: impl Fn(&Question) -> Option<Reply> + Send + Sync + 'static) -> Self {
        Self::with_store(
            script,
            Memory {
                account: account(),
                keys: std::sync::Mutex::default(),
                is_degraded: AtomicBool::default(),
                conferences: vec![conference(
                    ENDED,
                    "ended",
                    1_794_900_000_000,
                    Status::Completed,
                )],
                calls: vec![],
                notices: Mutex::default(),
                recordings: std::sync::Mutex::default(),
            },
        )
    }

    pub fn with_store(
        script: impl Fn(&Question) -> Option<Reply> + Send + Sync + 'static,
        store: Memory,
    ) -> Self {
        Self::speaking(Dialect::SignalWire, script, store)
    }

    pub fn speaking(
        dialect: Dialect,
        script: impl Fn(&Question) -> Option<Reply> + Send + Sync + 'static,
        store: Memory,
    ) -> Self {
        let asked = Arc::new(Mutex::new(Vec::new()));
        let ready = Arc::new(AtomicBool::new(true));
        let store = Arc::new(store);
        let dead = Arc::new(Dead::default());
        let router = router(Api {
            dead_letters: Arc::<Dead>::clone(&dead),
            line: Line::new(Scripted {
                script: Box::new(script),
                asked: Arc::clone(&asked),
            }),
            store: Arc::<Memory>::clone(&store),
            audio: confab_sounds::AudioFiles::new(recordings_dir()),
            dialect,
            api_url: API_URL.to_owned(),
            cors_origins: vec![ORIGIN.to_owned()],
            ready: Arc::clone(&ready),
            metrics: Metrics::new(SomeFigures),
        });
        Self {
            router,
            asked,
            ready,
            store,
            dead,
        }
    }

    /// Creates a bench with a participant in a conference; updates are answered with tick 7.
    pub fn usual() -> Self {
        Self::new(usual)
    }

    pub async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = axum::body::to_bytes(body, usize::MAX)
            .await
            .unwrap()
            .to_vec();
        Answer {
            status: parts.status,
            headers: parts.headers,
            body,
        }
    }

    pub async fn ask(&self, method: &str, path: &str) -> Answer {
        self.send(request(method, path).body(Body::empty()).unwrap())
            .await
    }

    /// Sends a form to the participant with `POST`.
    pub async fn update(&self, form: &str) -> Answer {
        let kind = "application/x-www-form-urlencoded";
        self.send(posted(
            &participant_path(CONFERENCE, CALL),
            kind,
            form.to_owned(),
        ))
        .await
    }

    pub fn notices(&self) -> Vec<KeptNotice> {
        self.store.notices.lock().unwrap().clone()
    }

    pub fn questions(&self) -> Vec<Question> {
        self.asked.lock().unwrap().drain(..).collect()
    }
}

pub fn usual(question: &Question) -> Option<Reply> {
    let live: ConferenceSid = CONFERENCE.parse().unwrap();
    let gone = |sid: ConferenceSid| Reply::Refused(Refusal::NoSuchConference(sid));
    Some(match question {
        Question::UpdateParticipant { conference, .. }
        | Question::FetchParticipant { conference, .. }
        | Question::ListParticipants { conference }
        | Question::RemoveParticipant { conference, .. }
        | Question::FetchConference { conference }
        | Question::UpdateConference { conference, .. }
        | Question::TellAudibility { conference }
            if *conference != live =>
        {
            gone(*conference)
        }
        Question::UpdateParticipant { .. } => Reply::Participant {
            participant: Box::new(participant(CALL, 0)),
            applied_tick: Some(7),
        },
        Question::FetchParticipant { .. } => Reply::Participant {
            participant: Box::new(participant(CALL, 0)),
            applied_tick: None,
        },
        Question::ListParticipants { .. } => Reply::Participants(vec![participant(CALL, 0)]),
        Question::RemoveParticipant { .. } => Reply::Removed,
        Question::ListConferences => Reply::Conferences(vec![live_conference()]),
        Question::FetchConference { .. } | Question::UpdateConference { .. } => {
            Reply::Conference(live_conference())
        }
        Question::CreateCall(_) => Reply::Call(Box::new(self::call(CALL))),
        Question::ListCalls => Reply::Calls(vec![self::call(CALL)]),
        Question::UpdateCall { call, .. } if *call != CALL.parse().unwrap() => {
            Reply::Refused(Refusal::NoSuchCall(*call))
        }
        Question::UpdateCall { .. } => Reply::Call(Box::new(self::call(CALL))),
        Question::FetchCall { call } if *call == CALL.parse().unwrap() => {
            Reply::Call(Box::new(self::call(CALL)))
        }
        Question::FetchCall { call } => Reply::Refused(Refusal::NoSuchCall(*call)),
        // Tests of these requests bring scripts of their own.
        Question::StartRecording { .. } | Question::UpdateRecording { .. } => return None,
        Question::TellAudibility { .. } => {
            use confab_switchboard::conference::Because;
            let (one, two) = (CALL.parse().unwrap(), OTHER_CALL.parse().unwrap());
            Reply::Audibility(confab_switchboard::AudibilityView {
                conference: live,
                tick: 41,
                pairs: vec![
                    (two, one, true, Because::Heard),
                    (one, two, false, Because::SpeakerMuted),
                ],
            })
        }
    })
}

pub fn live_conference() -> ConferenceView {
    conference(
        CONFERENCE,
        "Room 1234",
        1_794_918_896_000,
        Status::InProgress,
    )
}

pub fn participant_path(conference: &str, key: &str) -> String {
    format!("/2010-04-01/Accounts/{ACCOUNT}/Conferences/{conference}/Participants/{key}")
}

pub fn basic(user: &str, token: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{user}:{token}")))
}

pub fn request(method: &str, path: &str) -> axum::http::request::Builder {
    Request::builder()
        .method(method)
        .uri(path)
        .header(header::AUTHORIZATION, basic(ACCOUNT, TOKEN))
}

pub fn posted(path: &str, kind: &str, body: impl Into<Body>) -> Request<Body> {
    let mut builder = request("POST", path);
    if !kind.is_empty() {
        builder = builder.header(header::CONTENT_TYPE, kind);
    }
    builder.body(body.into()).unwrap()
}

/// Returns all keys of a JSON value, `a` and `a.b`, sorted.
pub fn keys(value: &Value) -> Vec<String> {
    let mut found = Vec::new();
    for (key, value) in value.as_object().unwrap() {
        found.push(key.clone());
        if value.is_object() {
            found.extend(
                keys(value)
                    .into_iter()
                    .map(|inner| format!("{key}.{inner}")),
            );
        }
    }
    found.sort();
    found
}

/// A figure of each kind.
pub struct SomeFigures;

impl Figures for SomeFigures {
    fn families(&self) -> Vec<Family> {
        let family = |name, help, values| Family { name, help, values };
        let histogram = Histogram {
            buckets: vec![(0.001, 4), (0.01, 2)],
            beyond: 1,
            sum: 0.25,
        };
        vec![
            family("confab_some", "Some", Values::Counter(3)),
            family(
                "confab_now",
                "Now",
                Values::Gauges("of", vec![("one".to_owned(), 1.5)]),
            ),
            family("confab_long", "Long", Values::Histogram(histogram)),
        ]
    }
}
