//! Calls controlled by cXML: all verbs and attributes of the server.

use std::time::Duration;

use confab_conformance::api::Api;
use confab_conformance::application::Application;
use confab_conformance::server::{Server, pause};
use confab_phone::{Phone, PhoneConfig, Phones, Voice};

struct Line {
    app: Application,
    api: Api,
    phones: Phones,
    server: Server,
}

fn line(document: &str) -> Line {
    let app = Application::start().unwrap();
    app.serve("/voice", "text/xml", document.to_owned());
    let server = Server::start(&[("CONFAB_VOICE_URL", &app.url("/voice"))]).unwrap();
    let api = Api::new(&server).unwrap();
    Line {
        app,
        api,
        phones: Phones::new().unwrap(),
        server,
    }
}

impl Line {
    fn call(&self, from: &str) -> Phone {
        let config = PhoneConfig::new(self.server.sip.parse().unwrap(), "support", from).saying(
            Voice::Tone {
                hz: 440.0,
                dbfs: -14.0,
            },
        );
        self.phones.call(&config).unwrap()
    }
}

const PATIENCE: Duration = Duration::from_secs(8);

#[test]
fn a_call_asks_for_its_document_and_joins_with_its_attributes() {
    let line = line(
        "<Response><Dial action=\"/after\"><Conference muted=\"true\" beep=\"false\" \
         startConferenceOnEnter=\"false\" endConferenceOnExit=\"true\" \
         participantLabel=\"guest 1\">Room 7</Conference></Dial></Response>",
    );
    line.app
        .serve("/after", "text/xml", "<Response><Hangup/></Response>");
    let phone = line.call("alice");
    phone.wait_until_talking(PATIENCE).unwrap();
    let asked = &line.app.received_at("/voice")[0];
    let expected = [
        ("CallStatus", "ringing"),
        ("Direction", "inbound"),
        ("ApiVersion", "2010-04-01"),
        ("From", "sip:alice@127.0.0.1"),
        ("SipUser", "support"),
    ];
    assert_eq!(asked.method, "POST");
    for (field, value) in expected {
        assert_eq!(
            asked.fields.get(field).map(String::as_str),
            Some(value),
            "{asked:#?}"
        );
    }
    let (conference, seated) = line.api.seated("Room%207", 1).unwrap();
    let me = &seated[0];
    assert_eq!(me["muted"], true);
    assert_eq!(me["start_conference_on_enter"], false);
    assert_eq!(me["end_conference_on_exit"], true);
    assert_eq!(me["call_sid"], asked.fields["CallSid"].as_str());
    // The label is a key in the path, percent-encoded.
    let path = format!("/Conferences/{conference}/Participants/guest%201");
    assert_eq!(
        line.api.post(&path, &[("Muted", "false")]).unwrap().json["muted"],
        false
    );
    // After a removal by DELETE, the call continues with the action.
    assert_eq!(line.api.delete(&path).unwrap().status, 204);
    phone.wait_until_ended(PATIENCE).unwrap();
    let after = &line.app.received_at("/after")[0];
    assert_eq!(after.fields["DialCallStatus"], "answered");
    assert_eq!(after.fields["CallStatus"], "in-progress");
}

#[test]
fn wait_music_until_the_start_and_the_end_with_the_one_who_ends_it() {
    let line = line(
        "<Response><Dial><Conference startConferenceOnEnter=\"false\">wait</Conference></Dial>\
         <Say>Goodbye.</Say></Response>",
    );
    let first = line.call("first");
    first.wait_until_talking(PATIENCE).unwrap();
    line.api.seated("wait", 1).unwrap();
    pause(Duration::from_millis(700));
    let frames = first.listen(Duration::from_millis(1_000)).unwrap();
    let audible = frames
        .iter()
        .filter(|f| f.samples.iter().any(|s| s.abs() > 300))
        .count();
    assert!(
        audible > 40,
        "wait music in {audible} of {} frames",
        frames.len()
    );

    line.app.serve(
        "/voice",
        "text/xml",
        "<Response><Dial><Conference endConferenceOnExit=\"true\">wait</Conference></Dial>\
         </Response>",
    );
    let moderator = line.call("moderator");
    moderator.wait_until_talking(PATIENCE).unwrap();
    line.api.seated("wait", 2).unwrap();
    pause(Duration::from_millis(300));
    let frames = first.listen_in_time(Duration::from_millis(400)).unwrap();
    assert!(
        frames.iter().all(|f| f.level(440.0) > -20.0),
        "started: hears the other"
    );
    moderator.hang_up().unwrap();
    // The rest of the document: the call plays speech, and hangs up.
    first.wait_until_ended(PATIENCE).unwrap();
    let live = line.api.get("/Conferences?FriendlyName=wait").unwrap().json;
    assert_eq!(live["conferences"][0]["status"], "completed");
}

#[test]
fn play_say_pause_redirect_and_hang_up() {
    let line = line(
        "<Response><Pause length=\"1\"/><Play loop=\"2\">/tone.wav</Play>\
         <Redirect method=\"GET\">/next</Redirect></Response>",
    );
    let tone: Vec<i16> = (0..4_000)
        .map(|i| {
            (6_000.0 * (std::f64::consts::TAU * 1_777.0 * f64::from(i) / 8_000.0).sin()) as i16
        })
        .collect();
    line.app
        .serve("/tone.wav", "audio/x-wav", confab_phone::heard::wav(&tone));
    line.app.serve(
        "/next",
        "application/xml",
        "<Response><Say>Thank you</Say><Hangup/></Response>",
    );
    let phone = line.call("caller");
    phone.wait_until_talking(PATIENCE).unwrap();
    phone.wait_until_ended(Duration::from_secs(12)).unwrap();
    let frames = confab_phone::heard::frames(&phone.packets());
    let tones = frames.iter().filter(|f| f.level(1_777.0) > -25.0).count();
    assert!(
        (48..=53).contains(&tones),
        "one second of tone: {tones} frames"
    );
    let speech = frames
        .iter()
        .rev()
        .take(100)
        .filter(|f| f.samples.iter().any(|s| s.abs() > 500));
    assert!(speech.count() > 10, "<Say> was heard");
    assert_eq!(line.app.received_at("/next")[0].method, "GET");
    assert_eq!(
        line.app.received_at("/next")[0].fields["CallStatus"],
        "in-progress"
    );
}

#[test]
fn refusals_and_failures_before_the_answer() {
    for (document, status) in [
        ("<Response><Reject reason=\"busy\"/></Response>", "486"),
        ("<Response><Reject/></Response>", "603"),
        ("this is not XML", "480"),
        ("<Response><Dial><Conference>", "480"),
    ] {
        let line = line(document);
        let phone = line.call("caller");
        let state = format!("{:?}", phone.wait_until_ended(PATIENCE).unwrap());
        assert!(state.contains(status), "{document}: {state}");
    }
}

#[test]
fn a_star_leaves_the_conference_and_a_full_one_takes_nobody() {
    let line = line(
        "<Response><Dial hangupOnStar=\"true\" action=\"/after\"><Conference maxParticipants=\"1\">\
         small</Conference></Dial></Response>",
    );
    line.app
        .serve("/after", "text/xml", "<Response><Hangup/></Response>");
    let first = line.call("first");
    first.wait_until_talking(PATIENCE).unwrap();
    line.api.seated("small", 1).unwrap();
    let second = line.call("second");
    second.wait_until_ended(PATIENCE).unwrap();
    assert_eq!(
        line.app.received_at("/after")[0].fields["DialCallStatus"],
        "failed"
    );
    first.press("*").unwrap();
    first.wait_until_ended(PATIENCE).unwrap();
    assert_eq!(
        line.app.received_at("/after")[1].fields["DialCallStatus"],
        "answered"
    );
}
