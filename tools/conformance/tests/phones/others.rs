//! SIPp, baresip and phones of this project in a conference.

use std::time::Duration;

use confab_conformance::api::Api;
use confab_conformance::application::Application;
use confab_conformance::baresip::Baresip;
use confab_conformance::ear::Ear;
use confab_conformance::party::{DBFS, TONES, beginning, call, carry, heard, settle};
use confab_conformance::server::{Server, pause};
use confab_conformance::sipp::{Script, Sipp};
use confab_phone::{Phones, now};
use confab_terms::{Codec, Instant};

const BARESIP_HZ: f64 = TONES[2];

/// Returns the tones that almost all frames of these samples contain.
pub fn in_samples(samples: &[i16], voices: &[(&str, f64)]) -> Vec<String> {
    voices
        .iter()
        .filter(|(_, hz)| carry(samples.chunks_exact(160), *hz))
        .map(|(name, _)| (*name).to_owned())
        .collect()
}

fn since(ear: &Ear, from: Instant, voices: &[(&str, f64)]) -> Vec<String> {
    heard("sipp", &ear.since(from), voices).unwrap()
}

#[test]
fn three_makes_of_phones_hear_each_other() {
    let server = Server::start(&[]).unwrap();
    let api = Api::new(&server).unwrap();
    let phones = Phones::new().unwrap();
    let ours = call(&phones, &server, "mixed", "ours", TONES[0]).unwrap();
    api.seated("mixed", 1).unwrap();

    let ear = Ear::open(TONES[1], DBFS).unwrap();
    let sipp = Sipp::call(&Script {
        server: &server.sip,
        tcp: false,
        room: "mixed",
        rtp_port: ear.port,
        codec: Codec::Pcmu,
        stays: Duration::from_secs(12),
        re_invite: None,
    })
    .unwrap();
    api.seated("mixed", 2).unwrap();

    let mut baresip = Baresip::start(BARESIP_HZ as u32).unwrap();
    baresip.dial("mixed", &server.sip).unwrap();
    let (conference, seated) = api.seated("mixed", 3).unwrap();
    let path = |n: usize| {
        let call = seated[n]["call_sid"].as_str().unwrap();
        format!("/Conferences/{conference}/Participants/{call}")
    };
    pause(Duration::from_millis(1_000));

    let voices = [
        ("ours", TONES[0]),
        ("sipp", TONES[1]),
        ("baresip", BARESIP_HZ),
    ];
    let hear = || {
        settle();
        let before = baresip.heard().unwrap().len();
        let frames = ours
            .phone
            .listen_in_time(Duration::from_millis(1_000))
            .unwrap();
        let dump = baresip.heard().unwrap();
        // The file is written in blocks: its newest part lies within the time of listening.
        let newest = dump[before..].len().min(4_000);
        (
            heard("ours", &frames, &voices).unwrap(),
            since(&ear, beginning(&frames), &voices),
            in_samples(&dump[dump.len() - newest..], &voices),
        )
    };
    let (ours_hears, sipp_hears, baresip_hears) = hear();
    assert_eq!(ours_hears, ["sipp", "baresip"]);
    assert_eq!(sipp_hears, ["ours", "baresip"]);
    assert_eq!(baresip_hears, ["ours", "sipp"], "{}", baresip.log());

    // baresip is muted by the API: the others do not receive it, but it receives them.
    assert_eq!(
        api.post(&path(2), &[("Muted", "true")]).unwrap().status,
        200
    );
    let (ours_hears, sipp_hears, baresip_hears) = hear();
    assert_eq!(ours_hears, ["sipp"]);
    assert_eq!(sipp_hears, ["ours"]);
    assert_eq!(baresip_hears, ["ours", "sipp"]);

    // baresip coaches the project's phone, unmuted: SIPp receives nothing of baresip.
    let form = [
        ("Muted", "false"),
        ("CallSidToCoach", seated[0]["call_sid"].as_str().unwrap()),
    ];
    assert_eq!(api.post(&path(2), &form).unwrap().status, 200);
    let (ours_hears, sipp_hears, _) = hear();
    assert_eq!(ours_hears, ["sipp", "baresip"]);
    assert_eq!(sipp_hears, ["ours"]);

    // A hold by baresip does not end its call; a resume restores the audio.
    assert_eq!(
        api.post(&path(2), &[("Coaching", "false")]).unwrap().status,
        200
    );
    baresip.hold().unwrap();
    pause(Duration::from_millis(300));
    let frames = ours
        .phone
        .listen_in_time(Duration::from_millis(400))
        .unwrap();
    assert_eq!(
        heard("ours", &frames, &voices).unwrap(),
        ["sipp"],
        "while baresip holds"
    );
    let meanwhile = since(&ear, beginning(&frames), &voices);
    assert_eq!(meanwhile, ["ours"], "while baresip holds");
    let held = api.get(&path(2)).unwrap().json;
    assert_eq!(held["hold"], false, "the phone's own hold is not the API's");
    baresip.resume().unwrap();
    pause(Duration::from_millis(300));
    let frames = ours
        .phone
        .listen_in_time(Duration::from_millis(400))
        .unwrap();
    assert_eq!(
        heard("ours", &frames, &voices).unwrap(),
        ["sipp", "baresip"],
        "after its hold"
    );

    baresip.hang_up().unwrap();
    api.seated("mixed", 2).unwrap();
    let (status, log) = sipp.wait().unwrap();
    assert!(status.success(), "SIPp's scenario was not followed:\n{log}");
    api.seated("mixed", 1).unwrap();
}

#[test]
fn a_re_invite_of_sipp_is_answered_with_the_mirror() {
    let server = Server::start(&[]).unwrap();
    let api = Api::new(&server).unwrap();
    for direction in ["sendonly", "inactive"] {
        let ear = Ear::open(TONES[1], DBFS).unwrap();
        let sipp = Sipp::call(&Script {
            server: &server.sip,
            tcp: false,
            room: direction,
            rtp_port: ear.port,
            codec: Codec::Pcmu,
            stays: Duration::from_secs(2),
            re_invite: Some(direction),
        })
        .unwrap();
        api.seated(direction, 1).unwrap();
        pause(Duration::from_millis(1_300));
        let from = now();
        pause(Duration::from_millis(400));
        assert_eq!(
            ear.since(from).len(),
            0,
            "nothing is sent to a phone that holds"
        );
        let (status, log) = sipp.wait().unwrap();
        assert!(status.success(), "{direction}:\n{log}");
    }
}

#[test]
fn a_key_of_baresip_is_heard_and_it_hears_that_we_hang_up() {
    let application = Application::start().unwrap();
    let room = "<Dial hangupOnStar='true'><Conference>keys</Conference></Dial>";
    application.serve("/", "text/xml", format!("<Response>{room}</Response>"));
    let voice = application.url("/");
    let server = Server::start(&[("CONFAB_VOICE_URL", &voice)]).unwrap();
    let api = Api::new(&server).unwrap();
    let mut baresip = Baresip::start(BARESIP_HZ as u32).unwrap();
    baresip.dial("x", &server.sip).unwrap();
    api.seated("keys", 1).unwrap();
    // A digit without a function, then the digit that leaves: the document ends, so that the server
    // hangs up.
    baresip.press("5").unwrap();
    pause(Duration::from_millis(500));
    api.seated("keys", 1).unwrap();
    baresip.press("*").unwrap();
    baresip.wait_for("session closed", 1).unwrap();

    baresip.dial("x", &server.sip).unwrap();
    let (conference, seated) = api.seated("keys", 1).unwrap();
    let sid = seated[0]["call_sid"].as_str().unwrap();
    let path = format!("/Conferences/{conference}/Participants/{sid}");
    assert_eq!(api.delete(&path).unwrap().status, 204);
    baresip.wait_for("session closed", 2).unwrap();
    let calls = ["confab_calls", "confab_legs"];
    server
        .wait_until_none_of(&calls, Duration::from_secs(5))
        .unwrap();
}
