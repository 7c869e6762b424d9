//! All requests of confab, compared with the table of the vendors' documentation: each required
//! field is present, each value has its form, and nothing else is sent.

use std::collections::BTreeSet;
use std::time::Duration;

use confab_conformance::api::Api;
use confab_conformance::application::{Application, Received};
use confab_conformance::server::{Server, pause};
use confab_conformance::table::Table;
use confab_conformance::vendors::validate;
use confab_phone::heard::wav;
use confab_phone::{Phone, PhoneConfig, Phones, Voice};

const TABLE: &str = include_str!("requests.txt");
const PATIENCE: Duration = Duration::from_secs(8);
const TALK: Voice = Voice::Tone {
    hz: 440.0,
    dbfs: -14.0,
};

/// Returns the name of a request in the table.
fn named(received: &Received) -> String {
    let field = |name: &str| received.fields.get(name).map_or("", String::as_str);
    let of_a_call = received.fields.contains_key("CallSid");
    match received.path.as_str() {
        "/tone.wav" => "play".to_owned(),
        "/voice" => "voice".to_owned(),
        "/dial" => "redirect".to_owned(),
        "/fallback" => "fallback".to_owned(),
        "/hold" => "hold".to_owned(),
        "/wait" => "wait".to_owned(),
        "/speech.wav" | "/dead.wav" if of_a_call => "announce".to_owned(),
        "/speech.wav" | "/dead.wav" => "announce-to-all".to_owned(),
        "/after" if field("DialCallStatus") == "failed" => "action-failed".to_owned(),
        "/after" => "action".to_owned(),
        "/said" => "recorded".to_owned(),
        "/recorded" if received.fields.contains_key("ConferenceSid") => {
            "recording-of-conference".to_owned()
        }
        "/recorded" => "recording-of-call".to_owned(),
        "/calls" => format!("call-{}", field("CallStatus")),
        "/events" | "/over" => {
            let event = field("StatusCallbackEvent");
            let to_all = event.starts_with("announcement") && !of_a_call;
            format!("{event}{}", if to_all { "-to-all" } else { "" })
        }
        other => panic!("nobody told confab to ask {other}"),
    }
}

/// Returns the names of the table's requests, without its blocks of common fields.
fn all() -> BTreeSet<String> {
    const BLOCKS: [&str; 7] = [
        "standard",
        "sip",
        "listener",
        "call",
        "conference",
        "participant",
        "recording",
    ];
    let heads = TABLE.lines().filter_map(|line| line.strip_prefix('['));
    let names = heads.map(|head| head.split([':', ']']).next().unwrap().to_owned());
    names
        .filter(|name| !BLOCKS.contains(&name.as_str()))
        .collect()
}

struct Line {
    app: Application,
    api: Api,
    phones: Phones,
    server: Server,
}

impl Line {
    fn start() -> Self {
        let app = Application::start().unwrap();
        let server = Server::start(&[
            ("CONFAB_VOICE_URL", &app.url("/voice")),
            ("CONFAB_VOICE_FALLBACK_URL", &app.url("/fallback")),
            ("CONFAB_STATUS_CALLBACK_URL", &app.url("/calls")),
            (
                "CONFAB_STATUS_CALLBACK_EVENTS",
                "initiated,ringing,answered,completed",
            ),
        ])
        .unwrap();
        let api = Api::new(&server).unwrap();
        let phones = Phones::new().unwrap();
        for path in ["/hold", "/wait", "/speech.wav"] {
            app.serve(path, "audio/wav", wav(&[1_000; 4_000]));
        }
        app.refuse("/dead.wav", 404);
        app.serve("/after", "text/xml", "<Response><Hangup/></Response>");
        Self {
            app,
            api,
            phones,
            server,
        }
    }

    fn serve(&self, path: &str, verbs: &str) {
        let document = format!("<Response>{verbs}</Response>");
        self.app.serve(path, "text/xml", document);
    }

    /// Calls with a display name and a header.
    fn call(&self, from: &str) -> Phone {
        let mut config = PhoneConfig::new(self.server.sip.parse().unwrap(), "support", from);
        config.from_name = Some(format!("{from} & sons"));
        config.headers = vec![("X-Customer".to_owned(), "4711".to_owned())];
        self.phones.call(&config).unwrap()
    }

    fn post(&self, path: &str, form: &[(&str, &str)]) {
        let answer = self.api.post(path, form).unwrap();
        assert_eq!(answer.status, 200, "{form:?}: {answer:?}");
    }

    /// Waits for a number of requests with this name.
    fn wait_for(&self, request: &str, count: usize) {
        let came = |all: &[Received]| {
            let found = all.iter().filter(|r| named(r) == request).count();
            (found >= count).then_some(())
        };
        self.app.wait_for(request, PATIENCE, came).unwrap();
    }
}

const DIAL: &str = "<Dial action=\"/after\" hangupOnStar=\"true\"><Conference waitUrl=\"/wait\" \
    statusCallback=\"/events\" statusCallbackEvent=\"start end join leave mute hold modify speaker \
    announcement\" eventCallbackUrl=\"/over\" record=\"record-from-start\" \
    recordingStatusCallback=\"/recorded\" recordingStatusCallbackEvent=\"in-progress completed\" \
    participantLabel=\"LABEL\">Room &amp; 1</Conference>\
    </Dial>";

/// Runs a conference of two, with all events about the second participant.
fn a_conference(line: &Line) {
    line.serve("/voice", "<Play>/tone.wav</Play><Redirect>/dial</Redirect>");
    line.app.serve("/tone.wav", "audio/wav", wav(&[0; 800]));
    line.serve("/dial", &DIAL.replace("LABEL", "the first"));
    let first = line.call("anna");
    line.wait_for("wait", 1);
    // The document of the second caller fails: the fallback is used.
    line.app.refuse("/voice", 500);
    line.serve("/fallback", &DIAL.replace("LABEL", "é ☎"));
    let second = line.call("boris");
    let (conference, seated) = line.api.seated("Room%20%26%201", 2).unwrap();
    let sid = |n: usize| seated[n]["call_sid"].as_str().unwrap();
    let of_it = format!("/Conferences/{conference}");
    let path = format!("{of_it}/Participants/{}", sid(1));
    let hold = line.app.url("/hold");
    let forms: [&[(&str, &str)]; 5] = [
        &[("Muted", "true")],
        &[("Muted", "false")],
        &[("Hold", "true"), ("HoldUrl", &hold)],
        &[("Hold", "false")],
        &[("EndConferenceOnExit", "true")],
    ];
    for form in forms {
        line.post(&path, form);
        if form[0] == ("Hold", "true") {
            line.wait_for("hold", 1);
        }
    }
    second.say(TALK).unwrap();
    line.wait_for("participant-speech-start", 1);
    second.say(Voice::Silence).unwrap();
    line.wait_for("participant-speech-stop", 1);
    for (sound, event) in [
        ("/speech.wav", "announcement-end"),
        ("/dead.wav", "announcement-fail"),
    ] {
        let url = line.app.url(sound);
        line.post(&path, &[("AnnounceUrl", &url)]);
        line.wait_for(event, 1);
        line.post(&of_it, &[("AnnounceUrl", &url)]);
        line.wait_for(&format!("{event}-to-all"), 1);
    }
    first.press("*").unwrap();
    first.wait_until_ended(PATIENCE).unwrap();
    line.wait_for("action", 1);
    second.hang_up().unwrap();
    line.wait_for("action", 2);
    line.wait_for("conference-end", 2);
    line.wait_for("recording-of-conference", 2);
    line.wait_for("call-completed", 2);
}

/// Runs a Dial that fails, and a call that is rejected.
fn what_fails(line: &Line) {
    line.serve(
        "/voice",
        "<Pause length=\"1\"/><Play>/tone.wav</Play><Dial action=\"/after\"><Conference \
         coach=\"44444444-4444-4444-8444-444444444444\">Nowhere</Conference></Dial>",
    );
    let coach = line.call("clara");
    coach.wait_until_ended(PATIENCE).unwrap();
    line.wait_for("action-failed", 1);
    line.serve("/voice", "<Reject reason=\"busy\"/>");
    let turned_away = line.call("dora");
    turned_away.wait_until_ended(PATIENCE).unwrap();
    line.wait_for("call-busy", 1);
}

/// Runs a call that leaves a message and hangs up.
fn what_is_said(line: &Line) {
    line.app.serve("/said", "text/xml", "<Response/>");
    line.serve(
        "/voice",
        "<Record action=\"/said\" playBeep=\"false\" recordingStatusCallback=\"/recorded\"/>",
    );
    let caller = line.call("emil");
    caller.wait_until_talking(PATIENCE).unwrap();
    caller.say(TALK).unwrap();
    pause(Duration::from_millis(600));
    caller.hang_up().unwrap();
    line.wait_for("recorded", 1);
    line.wait_for("recording-of-call", 1);
}

#[test]
fn every_field_of_every_request_is_as_the_table_says() {
    let line = Line::start();
    a_conference(&line);
    what_fails(&line);
    what_is_said(&line);
    line.wait_for("call-completed", 4);
    let table = Table::read(TABLE).unwrap();
    let received = line.app.received();
    // The audio of <Play> is requested without fields and without a signature.
    let (plain, told): (Vec<_>, Vec<_>) = received.into_iter().partition(|r| r.path == "/tone.wav");
    assert!(!plain.is_empty() && plain.iter().all(|r| r.fields.is_empty()));
    let mut seen = BTreeSet::new();
    for request in &told {
        let name = named(request);
        table.check(&name, request).unwrap();
        seen.insert(name);
    }
    let missing: Vec<_> = all().difference(&seen).cloned().collect();
    assert_eq!(missing, [""; 0], "of the table, these were never sent");
    validate(line.server.key, &told).unwrap();
}

#[test]
fn the_table_finds_what_is_missing_wrong_or_too_much() {
    let table = Table::read(TABLE).unwrap();
    let line = Line::start();
    line.serve("/voice", "<Reject reason=\"busy\"/>");
    line.call("anna").wait_until_ended(PATIENCE).unwrap();
    line.wait_for("call-busy", 1);
    let calls = line.app.received_at("/calls");
    let begun = calls.iter().find(|r| named(r) == "call-initiated").unwrap();
    table.check("call-initiated", begun).unwrap();
    for (field, value) in [
        ("CallSid", None),
        ("From", Some("anna")),
        ("Timestamp", Some("2026-11-17T12:34:56Z")),
        (
            "ParentCallSid",
            Some("44444444-4444-4444-8444-444444444444"),
        ),
        ("CallerName", Some("")),
    ] {
        let mut other = begun.clone();
        match value {
            Some(value) => other.fields.insert(field.to_owned(), value.to_owned()),
            None => other.fields.remove(field),
        };
        assert!(table.check("call-initiated", &other).is_err(), "{field}");
    }
}
