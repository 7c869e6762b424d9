//! Recordings over the API: exactly the keys of SignalWire's closed schema, Twilio's spelling,
//! access to the audio, and outcomes of updates.

use std::sync::Mutex;

use crate::common::{
    ACCOUNT, API_URL, Answer, Bench, CALL, CONFERENCE, Memory, OTHER_CALL, account, keys, posted,
    recordings_dir,
};
use axum::body::Body;
use axum::http::Request;
use confab_rest::Dialect;
use confab_switchboard::conference::{RecordWish, RecordingCallback, RecordingEvent, Url};
use confab_switchboard::{
    NewRecording, RecordingOf, RecordingSource, RecordingStatus, RecordingUpdate, RecordingView,
    Reply, Request as Question,
};
use confab_terms::{Method, PauseBehavior, RecordingSid, Sid, Track, WallTime};
use serde_json::json;

fn sid(number: u128) -> RecordingSid {
    RecordingSid::from_random(number)
}

fn recording(number: u128, of: RecordingOf, status: RecordingStatus) -> RecordingView {
    RecordingView {
        sid: sid(number),
        account: ACCOUNT.parse().unwrap(),
        of,
        wished_by: None,
        channels: 1,
        track: Track::Both,
        source: match of {
            RecordingOf::Call(_) => RecordingSource::StartCallRecording,
            RecordingOf::Conference(_) => RecordingSource::Conference,
        },
        status,
        trim: true,
        date_created: WallTime(1_794_918_896_000 + number as i64),
        date_updated: WallTime(1_794_918_910_000),
        end_time: Some(WallTime(1_794_918_910_000)),
        duration_ms: 13_960,
        error: None,
        callback: None,
    }
}

fn of_call() -> RecordingOf {
    RecordingOf::Call(CALL.parse().unwrap())
}

fn of_conference() -> RecordingOf {
    RecordingOf::Conference(CONFERENCE.parse().unwrap())
}

fn of_silence() -> RecordingOf {
    RecordingOf::Call(OTHER_CALL.parse().unwrap())
}

fn bench(dialect: Dialect) -> Bench {
    bench_with(
        dialect,
        vec![
            recording(1, of_conference(), RecordingStatus::Completed),
            recording(2, of_call(), RecordingStatus::InProgress),
            recording(3, of_call(), RecordingStatus::Failed),
            recording(4, of_silence(), RecordingStatus::Absent),
        ],
    )
}

fn bench_with(dialect: Dialect, kept: Vec<RecordingView>) -> Bench {
    let store = Memory {
        account: account(),
        keys: std::sync::Mutex::default(),
        is_degraded: Default::default(),
        conferences: vec![],
        calls: vec![],
        notices: Mutex::default(),
        recordings: Mutex::new(kept),
    };
    let script = |question: &Question| match question {
        Question::StartRecording { of, .. } => {
            let view = recording(9, *of, RecordingStatus::InProgress);
            Some(Reply::Recording(Box::new(view)))
        }
        Question::UpdateRecording { of, update, .. } => {
            let status = match update {
                RecordingUpdate::Stop => RecordingStatus::Stopped,
                _ => RecordingStatus::Paused,
            };
            let view = recording(2, *of, status);
            Some(Reply::Recording(Box::new(view)))
        }
        other => crate::common::usual(other),
    };
    Bench::speaking(dialect, script, store)
}

#[tokio::test]
async fn each_status_has_its_word_in_each_dialect() {
    use RecordingStatus as Status;
    for (number, status, signalwire, twilio) in [
        (1, Status::InProgress, "in-progress", "in-progress"),
        (2, Status::Paused, "paused", "paused"),
        (3, Status::Stopped, "stopped", "processing"),
        (4, Status::Completed, "completed", "completed"),
        (5, Status::Absent, "absent", "absent"),
        (6, Status::Failed, "absent", "absent"),
    ] {
        for (dialect, word) in [(Dialect::SignalWire, signalwire), (Dialect::Twilio, twilio)] {
            let bench = bench_with(dialect, vec![recording(number, of_call(), status)]);
            let spelled = match dialect {
                Dialect::SignalWire => sid(number).to_string(),
                Dialect::Twilio => sid(number).prefixed().to_string(),
            };
            let shown = bench
                .ask("GET", &path(&format!("/Recordings/{spelled}.json")))
                .await;
            assert_eq!(shown.json()["status"], word, "{dialect:?} {status:?}");
        }
    }
}

async fn post(bench: &Bench, path: &str, form: &'static str) -> Answer {
    let kind = "application/x-www-form-urlencoded";
    bench.send(posted(path, kind, form)).await
}

fn last(bench: &Bench) -> Option<Question> {
    bench.asked.lock().unwrap().last().cloned()
}

fn path(rest: &str) -> String {
    format!("/2010-04-01/Accounts/{ACCOUNT}{rest}")
}

#[tokio::test]
async fn it_has_the_keys_of_the_closed_schema_and_no_other() {
    let bench = bench(Dialect::SignalWire);
    let one = path(&format!("/Recordings/{}.json", sid(1)));
    let shown = bench.ask("GET", &one).await.json();
    let mut golden = vec![
        "sid",
        "account_sid",
        "api_version",
        "call_sid",
        "conference_sid",
        "channel",
        "channels",
        "date_created",
        "date_updated",
        "start_time",
        "end_time",
        "duration",
        "price",
        "price_unit",
        "source",
        "status",
        "error_code",
        "uri",
        "subresource_uris",
        "subresource_uris.transcriptions",
        "encryption_details",
        "trim",
    ];
    golden.sort_unstable();
    let mut found = keys(&shown);
    found.sort_unstable();
    assert_eq!(found, golden);
    assert_eq!(
        [
            &shown["duration"],
            &shown["channels"],
            &shown["trim"],
            &shown["source"]
        ],
        [
            &json!(13),
            &json!("1"),
            &json!("trim-silence"),
            &json!("Conference")
        ]
    );
    assert_eq!(shown["uri"], format!("/api/laml{one}"));
    assert_eq!(
        (&shown["call_sid"], &shown["conference_sid"]),
        (&json!(null), &json!(CONFERENCE))
    );
}

#[tokio::test]
async fn twilio_has_its_own_words_for_it() {
    let bench = bench(Dialect::Twilio);
    let hex = |uuid: &str| uuid.replace('-', "");
    let account = format!("/2010-04-01/Accounts/AC{}", hex(ACCOUNT));
    let one = format!("{account}/Recordings/RE{}", hex(&sid(2).to_string()));
    let shown = bench.ask("GET", &format!("{one}.json")).await.json();
    assert_eq!(shown["source"], "StartCallRecordingAPI");
    assert_eq!(shown["uri"], format!("{one}.json"));
    assert_eq!(shown["media_url"], format!("{API_URL}{one}"));
    assert_eq!(shown["error_code"], json!(null));
    let update = format!("{account}/Calls/CA{}/Recordings", hex(CALL));
    let stopped = post(
        &bench,
        &format!("{update}/Twilio.CURRENT.json"),
        "Status=stopped",
    )
    .await;
    assert_eq!(stopped.json()["status"], "stopped", "what was asked for");
    let silent = format!("{account}/Recordings/RE{}.json", hex(&sid(4).to_string()));
    let silent = bench.ask("GET", &silent).await.json();
    assert_eq!(
        (&silent["status"], &silent["error_code"]),
        (&json!("absent"), &json!(16102))
    );
}

#[tokio::test]
async fn lists_are_of_the_account_of_a_call_and_of_a_conference() {
    let bench = bench(Dialect::SignalWire);
    for (list, numbers) in [
        ("/Recordings".to_owned(), vec![4, 3, 2, 1]),
        (format!("/Recordings?ConferenceSid={CONFERENCE}"), vec![1]),
        (format!("/Calls/{CALL}/Recordings.json"), vec![3, 2]),
        (format!("/Conferences/{CONFERENCE}/Recordings"), vec![1]),
        ("/Recordings?DateCreated%3E=2026-11-18".to_owned(), vec![]),
    ] {
        let shown = bench.ask("GET", &path(&list)).await.json();
        let found = shown["recordings"].as_array().unwrap().iter();
        let found: Vec<_> = found
            .map(|r| r["sid"].as_str().unwrap().to_owned())
            .collect();
        let wanted: Vec<_> = numbers.into_iter().map(|n| sid(n).to_string()).collect();
        assert_eq!(found, wanted, "{list}");
    }
    let other = path(&format!("/Calls/{CALL}/Recordings/{}", sid(1)));
    assert_eq!(
        bench.ask("GET", &other).await.status,
        404,
        "it is not that call's"
    );
}

#[tokio::test]
async fn orders_are_read_and_asked() {
    let bench = bench(Dialect::SignalWire);
    let recordings = path(&format!("/Calls/{CALL}/Recordings"));
    let begun = post(
        &bench,
        &recordings,
        "RecordingChannels=dual&RecordingTrack=inbound&Trim=trim-silence\
             &RecordingStatusCallback=http%3A%2F%2Fa%2Fr&RecordingStatusCallbackMethod=GET\
             &RecordingStatusCallbackEvent=in-progress%20absent",
    )
    .await;
    assert_eq!(begun.status, 200);
    let to = Url {
        url: "http://a/r".to_owned(),
        method: Method::Get,
    };
    let events = vec![RecordingEvent::InProgress, RecordingEvent::Absent];
    let wish = NewRecording {
        dual: true,
        track: Track::Inbound,
        wish: RecordWish {
            trim: true,
            callback: Some(RecordingCallback { to, events }),
        },
    };
    let of = of_call();
    assert_eq!(last(&bench), Some(Question::StartRecording { of, wish }));
    for (name, form, update) in [
        (
            "Twilio.CURRENT",
            "Status=paused",
            RecordingUpdate::Pause(PauseBehavior::Silence),
        ),
        (
            "Twilio.CURRENT",
            "Status=paused&PauseBehavior=skip",
            RecordingUpdate::Pause(PauseBehavior::Skip),
        ),
        (
            "Twilio.CURRENT",
            "Status=in-progress",
            RecordingUpdate::Resume,
        ),
        ("Twilio.CURRENT", "Status=stopped", RecordingUpdate::Stop),
    ] {
        let answer = post(&bench, &format!("{recordings}/{name}.json"), form).await;
        assert_eq!(answer.status, 200, "{form}");
        let question = Question::UpdateRecording {
            of,
            recording: None,
            update,
        };
        assert_eq!(last(&bench), Some(question), "{form}");
    }
    let one = format!("{recordings}/{}", sid(2));
    for (path, form) in [
        (&one, "Status=completed"),
        (&one, ""),
        (&one, "Status=paused&PauseBehavior=loud"),
        (&recordings, "RecordingChannels=3"),
        (&recordings, "Trim=yes"),
        (&recordings, "RecordingStatusCallback=nowhere"),
    ] {
        assert_eq!(post(&bench, path, form).await.status, 422, "{form}");
    }
}

#[tokio::test]
async fn audio_is_for_whoever_knows_its_url_and_nothing_else_is() {
    let bench = bench(Dialect::SignalWire);
    let dir = recordings_dir();
    std::fs::create_dir_all(&dir).unwrap();
    let file = dir.join(format!("{}.wav", sid(1)));
    std::fs::write(&file, b"RIFF and so on").unwrap();
    let anybody = |method: &'static str, path: String, range: &'static str| {
        let request = Request::builder().method(method).uri(path);
        let request = match range {
            "" => request,
            range => request.header("range", range),
        };
        bench.send(request.body(Body::empty()).unwrap())
    };
    let audio = path(&format!("/Recordings/{}", sid(1)));
    for name in [
        audio.clone(),
        format!("{audio}.wav"),
        format!("/api/laml{audio}"),
    ] {
        let answer = anybody("GET", name, "").await;
        assert_eq!(
            (answer.status.as_u16(), &answer.body[..]),
            (200, &b"RIFF and so on"[..])
        );
        assert_eq!(answer.headers["content-type"], "audio/x-wav");
        assert_eq!(answer.headers["accept-ranges"], "bytes");
    }
    let part = anybody("GET", audio.clone(), "bytes=5-7").await;
    assert_eq!((part.status.as_u16(), &part.body[..]), (206, &b"and"[..]));
    assert_eq!(part.headers["content-range"], "bytes 5-7/14");
    let beyond = anybody("GET", audio.clone(), "bytes=14-").await;
    assert_eq!(beyond.status, 416);
    assert_eq!(beyond.headers["content-range"], "bytes */14");
    for range in ["", "bytes=0-1"] {
        let head = anybody("HEAD", audio.clone(), range).await;
        assert_eq!(head.status, 200, "only GET has ranges");
        assert_eq!(head.headers["content-length"], "14");
    }
    for (channels, status) in [("", 200), ("1", 200), ("2", 400), ("x", 400)] {
        let asked = format!("{audio}?RequestedChannels={channels}");
        let answer = anybody("GET", asked, "").await;
        assert_eq!(answer.status, status, "{channels}");
        if status == 400 {
            assert_eq!(answer.json()["code"].to_string().trim_matches('"'), "16113");
        }
    }
    let broken = anybody("GET", format!("{audio}.mp3"), "").await;
    assert_eq!(broken.status, 500, "that is no WAV file");
    for (method, path) in [
        ("GET", format!("{audio}.json")),
        ("DELETE", audio.clone()),
        ("GET", path("/Recordings")),
        ("GET", path(&format!("/Calls/{CALL}/Recordings/{}", sid(2)))),
    ] {
        assert_eq!(
            anybody(method, path.clone(), "").await.status,
            401,
            "{method} {path}"
        );
    }
    let other = audio.replace(ACCOUNT, CALL);
    assert_eq!(
        anybody("GET", other, "").await.status,
        404,
        "another account's"
    );
    let live = path(&format!("/Recordings/{}", sid(2)));
    assert_eq!(
        anybody("GET", live.clone(), "").await.status,
        404,
        "not whole yet"
    );
    assert_eq!(
        bench.ask("DELETE", &live).await.status,
        422,
        "not whole yet"
    );
    assert_eq!(bench.ask("DELETE", &audio).await.status, 204);
    assert!(!file.exists(), "its audio is gone too");
    assert_eq!(bench.ask("GET", &format!("{audio}.json")).await.status, 404);
}

#[tokio::test]
async fn mp3_is_made_of_it_when_somebody_asks() {
    let bench = bench(Dialect::SignalWire);
    let dir = recordings_dir();
    std::fs::create_dir_all(&dir).unwrap();
    let wav = dir.join(format!("{}.wav", sid(3)));
    // Half a second of silence at 8 kHz.
    let mut file = b"RIFF\x64\x1f\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0".to_vec();
    file.extend(b"\x40\x1f\0\0\x80\x3e\0\0\x02\0\x10\0data\x40\x1f\0\0");
    file.resize(44 + 8_000, 0);
    std::fs::write(&wav, file).unwrap();
    let ask = |number: u128, range: &'static str| {
        let uri = path(&format!("/Recordings/{}.mp3", sid(number)));
        let request = Request::builder().uri(uri).header("range", range);
        bench.send(request.body(Body::empty()).unwrap())
    };
    let whole = ask(3, "").await;
    assert_eq!(whole.status, 200);
    assert_eq!(whole.headers["content-type"], "audio/mpeg");
    assert_eq!(
        (whole.body[0], whole.body[1] & 0xe0),
        (0xff, 0xe0),
        "a frame of MPEG"
    );
    let part = ask(3, "bytes=10-29").await;
    assert_eq!(
        (part.status.as_u16(), &part.body[..]),
        (206, &whole.body[10..30])
    );
    assert_eq!(part.headers["etag"], whole.headers["etag"]);
    let as_wav = bench
        .ask("GET", &path(&format!("/Recordings/{}.wav", sid(3))))
        .await;
    assert_ne!(
        as_wav.headers["etag"], whole.headers["etag"],
        "they are not the same"
    );
    assert_eq!(ask(2, "").await.status, 404, "not whole yet");
    let mp3 = dir.join(format!("{}.mp3", sid(3)));
    assert!(mp3.exists());
    let one = path(&format!("/Recordings/{}", sid(3)));
    assert_eq!(bench.ask("DELETE", &one).await.status, 204);
    assert!(!mp3.exists() && !wav.exists());
}

#[tokio::test]
async fn the_other_vendor_spells_it_otherwise() {
    let bench = bench(Dialect::Twilio);
    let own = format!("AC{}", ACCOUNT.replace('-', ""));
    let at = |n| {
        format!(
            "/2010-04-01/Accounts/{own}/Recordings/{}.json",
            sid(n).prefixed()
        )
    };
    let failed = bench.ask("GET", &at(3)).await.json();
    assert_eq!(failed["sid"], sid(3).prefixed());
    assert_eq!(failed["call_sid"], format!("CA{}", CALL.replace('-', "")));
    assert_eq!(
        (&failed["status"], &failed["channels"]),
        (&json!("absent"), &json!(1))
    );
    assert_eq!(
        (&failed["duration"], &failed["track"]),
        (&json!("13"), &json!("both"))
    );
    let live = bench.ask("GET", &at(2)).await.json();
    assert_eq!(
        (&live["duration"], &live["status"]),
        (&json!(null), &json!("in-progress"))
    );
    let fields = vec![
        ("AccountSid".to_owned(), ACCOUNT.to_owned()),
        ("CallSid".to_owned(), CALL.to_owned()),
        ("ConferenceSid".to_owned(), CONFERENCE.to_owned()),
        ("RecordingSid".to_owned(), sid(1).to_string()),
        (
            "RecordingUrl".to_owned(),
            format!(
                "http://h:1/api/laml/2010-04-01/Accounts/{ACCOUNT}/Recordings/{}",
                sid(1)
            ),
        ),
    ];
    let told = Dialect::Twilio.fields(fields);
    assert!(
        told.iter().all(|(name, _)| name != "CallSid"),
        "it is the conference's: {told:?}"
    );
    let url = format!(
        "http://h:1/2010-04-01/Accounts/{own}/Recordings/{}",
        sid(1).prefixed()
    );
    assert!(told.contains(&("RecordingUrl".to_owned(), url)), "{told:?}");
}

#[tokio::test]
async fn audio_that_the_client_has_is_304() {
    let bench = bench(Dialect::SignalWire);
    let dir = recordings_dir();
    std::fs::create_dir_all(&dir).unwrap();
    std::fs::write(dir.join(format!("{}.wav", sid(1))), b"RIFF and so on").unwrap();
    let audio = path(&format!("/Recordings/{}", sid(1)));
    let tag = bench.ask("GET", &audio).await.headers["etag"].clone();
    let tag = tag.to_str().unwrap();
    for (sent, status) in [
        (vec![tag.to_owned()], 304),
        (vec![format!("W/{tag}")], 304),
        (vec![format!("\"other\", {tag}")], 304),
        (vec!["\"other\"".to_owned(), tag.to_owned()], 304),
        (vec!["*".to_owned()], 304),
        (vec!["\"other\"".to_owned()], 200),
        (vec![tag.trim_matches('"').to_owned()], 200),
        (vec![String::new()], 200),
    ] {
        for method in ["GET", "HEAD"] {
            let mut request = Request::builder().method(method).uri(&audio);
            for value in &sent {
                request = request.header("if-none-match", value);
            }
            // A range of a version that the client has is answered with 304 too.
            let request = request.header("range", "bytes=0-1").body(Body::empty());
            let answer = bench.send(request.unwrap()).await;
            let expected = match (status, method) {
                (200, "GET") => 206,
                (status, _) => status,
            };
            assert_eq!(answer.status, expected, "{method} {sent:?}");
            assert_eq!(answer.headers["etag"], tag);
            assert!(status != 304 || answer.body.is_empty());
        }
    }
}
