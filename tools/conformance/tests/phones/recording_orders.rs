//! Recordings by requests of the API and by `<Dial>`, and a disk that rejects them: checked by the
//! audio of the API, and by the callers' audibility.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::ensure;
use confab_conformance::api::Api;
use confab_conformance::application::{Application, Received};
use confab_conformance::namespace::alone_with;
use confab_conformance::party::{TONES, call, matrix, settle};
use confab_conformance::server::{Server, pause};
use confab_phone::Phones;

use crate::recordings::{Wav, get};

const PATIENCE: Duration = Duration::from_secs(10);

fn asked(app: &Application, path: &str) -> Received {
    let found = |all: &[Received]| all.iter().find(|r| r.path == path).cloned();
    app.wait_for(path, PATIENCE, found).unwrap()
}

#[test]
fn a_conference_under_way_is_recorded_by_order_and_a_pause_is_silence_in_it() {
    let server = Server::start(&[]).unwrap();
    let (phones, api) = (Phones::new().unwrap(), Api::new(&server).unwrap());
    let _anna = call(&phones, &server, "desk", "anna", TONES[0]).unwrap();
    let _boris = call(&phones, &server, "desk", "boris", TONES[1]).unwrap();
    let (conference, _) = api.seated("desk", 2).unwrap();
    settle();
    let path = format!("/Conferences/{conference}/Recordings");
    let begun = api.post(&path, &[("Trim", "do-not-trim")]).unwrap();
    assert_eq!(
        begun.json["source"], "StartConferenceRecording",
        "{begun:?}"
    );
    let sid = begun.json["sid"].as_str().unwrap().to_owned();
    let one = format!("{path}/{sid}.json");
    for (form, ms) in [
        (
            &[("Status", "paused"), ("PauseBehavior", "silence")][..],
            1_000,
        ),
        (&[("Status", "in-progress")], 1_000),
        (&[("Status", "stopped")], 500),
    ] {
        pause(Duration::from_millis(1_000));
        let answer = api.post(&one, form).unwrap();
        assert_eq!(answer.status, 200, "{answer:?}");
        pause(Duration::from_millis(ms - 500));
    }
    // The final state is set by the writer.
    let until = Instant::now() + PATIENCE;
    let whole = loop {
        let whole = api.get(&one).unwrap().json;
        if whole["status"] != "stopped" || Instant::now() > until {
            break whole;
        }
        pause(Duration::from_millis(20));
    };
    assert_eq!(
        (&whole["status"], &whole["channels"]),
        (&"completed".into(), &"1".into())
    );
    let account = server.account;
    let url = format!(
        "{}/api/laml/2010-04-01/Accounts/{account}/Recordings/{sid}.wav",
        server.base()
    );
    let wav = Wav::parse(&get(&url, "").2);
    assert!((3.5..5.5).contains(&wav.seconds()), "{} s", wav.seconds());
    for hz in [TONES[0], TONES[1]] {
        let share = wav.share(0, hz);
        assert!(
            (0.45..0.8).contains(&share),
            "but for the pause it is there: {share}"
        );
    }
}

#[test]
fn a_dial_records_both_sides_of_its_call_and_its_action_tells_where() {
    let app = Application::start().unwrap();
    app.serve(
        "/voice",
        "text/xml",
        "<Response><Dial action=\"/after\" hangupOnStar=\"true\" \
         record=\"record-from-answer-dual\" recordingStatusCallback=\"/recorded\">\
         <Conference beep=\"false\">desk</Conference></Dial></Response>",
    );
    app.serve("/after", "text/xml", "<Response><Hangup/></Response>");
    let server = Server::start(&[("CONFAB_VOICE_URL", &app.url("/voice"))]).unwrap();
    let (phones, api) = (Phones::new().unwrap(), Api::new(&server).unwrap());
    let anna = call(&phones, &server, "desk", "anna", TONES[0]).unwrap();
    let _boris = call(&phones, &server, "desk", "boris", TONES[1]).unwrap();
    api.seated("desk", 2).unwrap();
    pause(Duration::from_millis(1_200));
    anna.phone.press("*").unwrap();
    let after = asked(&app, "/after");
    let told = asked(&app, "/recorded");
    assert_eq!(told.fields["RecordingSource"], "DialVerb");
    assert_eq!(told.fields["RecordingChannels"], "2");
    assert_eq!(after.fields["RecordingUrl"], told.fields["RecordingUrl"]);
    let wav = Wav::parse(&get(&told.fields["RecordingUrl"], "").2);
    assert!(wav.share(0, TONES[0]) > 0.9, "what it says");
    assert!(wav.share(1, TONES[1]) > 0.5, "what it hears");
}

/// Records two callers from the start onto a disk that rejects the recording, while they receive
/// each other; returns the callback about the recording.
fn recorded_onto(data: &Path) -> Received {
    let app = Application::start().unwrap();
    app.serve(
        "/voice",
        "text/xml",
        "<Response><Dial><Conference beep=\"false\" record=\"record-from-start\" \
         recordingStatusCallback=\"/recorded\" recordingStatusCallbackEvent=\"absent\">desk\
         </Conference></Dial></Response>",
    );
    let server = Server::start(&[
        ("CONFAB_VOICE_URL", &app.url("/voice")),
        ("CONFAB_DATA_DIR", data.to_str().unwrap()),
    ])
    .unwrap();
    let (phones, api) = (Phones::new().unwrap(), Api::new(&server).unwrap());
    let anna = call(&phones, &server, "desk", "anna", TONES[0]).unwrap();
    let boris = call(&phones, &server, "desk", "boris", TONES[1]).unwrap();
    api.seated("desk", 2).unwrap();
    let told = asked(&app, "/recorded");
    let status = told.fields["RecordingStatus"].as_str();
    assert_eq!(
        (status, told.fields["ErrorCode"].as_str()),
        ("absent", "20001")
    );
    settle();
    let heard = matrix(&[&anna, &boris], &[]).unwrap();
    assert_eq!(heard, "anna: boris\nboris: anna\n", "they go on");
    let notices = api.get("/Notifications.json").unwrap().json;
    let sid = told.fields["RecordingSid"].as_str();
    let is_there = notices.to_string().contains(sid);
    assert!(is_there, "{notices}");
    let (status, _, body) = get(&told.fields["RecordingUrl"], "");
    if status == 200 {
        let wav = Wav::parse(&body);
        let seconds = wav.seconds();
        assert!((3.0..4.2).contains(&seconds), "{seconds} s fit");
        assert!(wav.share(0, TONES[0]) > 0.9, "what fitted is there");
    } else {
        assert_eq!(status, 404, "there is no audio");
    }
    told
}

#[test]
fn a_disk_that_refuses_stops_no_call_and_is_told_of() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    std::fs::create_dir_all(&data).unwrap();
    // At the path of the folder for recordings.
    std::fs::write(data.join("recordings"), b"in the way").unwrap();
    let told = recorded_onto(&data);
    assert_eq!(told.fields["RecordingDuration"], "0");
}

#[test]
fn a_disk_that_fills_up_stops_no_call_and_keeps_what_fitted() {
    let test = "recording_orders::a_disk_that_fills_up_stops_no_call_and_keeps_what_fitted";
    let run = || {
        let folder = tempfile::tempdir()?;
        let recordings = folder.path().join("data/recordings");
        std::fs::create_dir_all(&recordings)?;
        // Four seconds of 16 bits at 8 kHz.
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", "size=64k", "tmpfs"]);
        ensure!(mount.arg(&recordings).status()?.success(), "no tmpfs");
        let told = recorded_onto(&folder.path().join("data"));
        ensure!(told.fields["RecordingDuration"] != "0", "nothing fitted");
        Ok(())
    };
    alone_with(test, &[], run).unwrap();
}
