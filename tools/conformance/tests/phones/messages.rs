//! `<Record>`: callers leave messages; checked by the audio of the API and by the application's
//! requests.

use std::time::Duration;

use confab_conformance::application::{Application, Received};
use confab_conformance::party::{DBFS, TONES, call};
use confab_conformance::server::{Server, pause};
use confab_phone::heard::level;
use confab_phone::{PhoneConfig, Phones, Voice};
use confab_terms::Instant;

use crate::recordings::{Wav, get};

/// Frequency of the beep before a recording.
const BEEP: f64 = 1_000.0;
const PATIENCE: Duration = Duration::from_secs(10);

fn start(record: &str) -> (Application, Server) {
    let app = Application::start().unwrap();
    let verbs = format!("<Response><Record {record}/><Redirect>/next</Redirect></Response>");
    app.serve("/voice", "text/xml", verbs);
    for path in ["/said", "/next"] {
        app.serve(path, "text/xml", "<Response><Hangup/></Response>");
    }
    let server = Server::start(&[("CONFAB_VOICE_URL", &app.url("/voice"))]).unwrap();
    (app, server)
}

fn asked(app: &Application, path: &str) -> Received {
    let found = |all: &[Received]| all.iter().find(|r| r.path == path).cloned();
    app.wait_for(path, PATIENCE, found).unwrap()
}

#[test]
fn a_message_is_left_after_the_beep_and_ended_by_a_key() {
    let (app, server) = start(
        "action=\"/said\" finishOnKey=\"#\" recordingStatusCallback=\"/recorded\" \
         recordingStatusCallbackEvent=\"in-progress completed\"",
    );
    let phones = Phones::new().unwrap();
    let caller = call(&phones, &server, "desk", "anna", TONES[0]).unwrap();
    let begun = asked(&app, "/recorded");
    assert_eq!(begun.fields["RecordingStatus"], "in-progress");
    assert_eq!(begun.fields["RecordingSource"], "RecordVerb");
    pause(Duration::from_millis(1_500));
    caller.phone.press("5#").unwrap();
    let said = asked(&app, "/said");
    let field = |name: &str| said.fields[name].as_str();
    assert_eq!((field("Digits"), field("CallStatus")), ("#", "in-progress"));
    assert_eq!(field("RecordingSid"), begun.fields["RecordingSid"]);

    // The recording is complete when the action is requested.
    let (status, _, file) = get(field("RecordingUrl"), "");
    assert_eq!(status, 200);
    let wav = Wav::parse(&file);
    let seconds = field("RecordingDuration").parse::<u64>().unwrap();
    assert_eq!(seconds, wav.seconds() as u64);
    assert!((1..=3).contains(&seconds), "{seconds} s");
    assert!(wav.share(0, TONES[0]) > 0.8, "{}", wav.share(0, TONES[0]));
    let beep = wav.loudest(0, BEEP);
    assert!(beep < DBFS - 25.0, "the beep is in it, at {beep} dBFS");
    let frames = caller.phone.frames_between(Instant(0), Instant(u64::MAX));
    let beeps = frames.iter().filter(|f| level(&f.samples, BEEP) > -16.0);
    let beeps = beeps.count();
    assert!((13..=16).contains(&beeps), "{beeps} frames of it are heard");
    caller.phone.wait_until_ended(PATIENCE).unwrap();
}

#[test]
fn who_hangs_up_has_left_a_message_and_who_says_nothing_has_not() {
    let (app, server) = start("action=\"/said\" timeout=\"2\" playBeep=\"false\"");
    let phones = Phones::new().unwrap();
    let caller = call(&phones, &server, "desk", "anna", TONES[0]).unwrap();
    pause(Duration::from_millis(1_500));
    caller.phone.hang_up().unwrap();
    let said = asked(&app, "/said");
    let field = |name: &str| said.fields[name].as_str();
    assert_eq!(
        (field("Digits"), field("CallStatus")),
        ("hangup", "completed")
    );
    let wav = Wav::parse(&get(field("RecordingUrl"), "").2);
    assert!(wav.seconds() > 0.8 && wav.share(0, TONES[0]) > 0.9);

    let mute = PhoneConfig::new(server.sip.parse().unwrap(), "desk", "boris");
    let mute = phones.call(&mute.saying(Voice::Silence)).unwrap();
    asked(&app, "/next");
    mute.wait_until_ended(PATIENCE).unwrap();
    let messages = app.received().iter().filter(|r| r.path == "/said").count();
    assert_eq!(messages, 1, "of silence nobody is told");
}
