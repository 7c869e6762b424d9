//! Scenarios of SIPp: each method and each rejection, with its exact status and headers. Scenarios
//! in the folder that no table here names are played without options.

use std::time::Duration;

use confab_conformance::api::Api;
use confab_conformance::application::Application;
use confab_conformance::ports::free_sip_port;
use confab_conformance::server::{Server, pause};
use confab_conformance::sipp::{Sipp, scenarios};

/// Scenarios with a document of the application, and the delay of the response.
const WITH_A_DOCUMENT: [(&str, &str, Duration); 5] = [
    ("cancel", "<Say>late</Say>", Duration::from_secs(10)),
    ("prack", "<Say>late</Say>", Duration::from_secs(10)),
    ("busy", "<Reject reason=\"busy\"/>", Duration::ZERO),
    ("declined", "<Reject/>", Duration::ZERO),
    (
        "star_by_info",
        "<Dial hangupOnStar='true'><Conference>Star</Conference></Dial>",
        Duration::ZERO,
    ),
];
/// Scenario without a document of the application.
const WITHOUT_ONE: &str = "no_document";
/// Scenarios that wait for a BYE of the server.
const HUNG_UP: [&str; 5] = [
    "bye_from_us",
    "bye_from_us_refused",
    "bye_crosses_bye",
    "record_route",
    "strict_route",
];
/// Scenario that is called by the server.
const CALLED: &str = "challenged";
/// Scenario that other tests call.
const ANSWERS: &str = "answers";
/// Scenario that another test plays behind a NAT.
const NATTED: &str = "behind_nat";
/// Scenario that another test plays with an address for its media.
const SILENT: &str = "silent";
/// Scenario in which SIPp must not answer retransmissions by itself.
const BY_HAND: &str = "ack_lost";

fn all() -> Vec<String> {
    let files = std::fs::read_dir(scenarios()).unwrap();
    let names = files.filter_map(|file| {
        let path = file.unwrap().path();
        let is_one = path.extension().is_some_and(|kind| kind == "xml");
        is_one.then(|| path.file_stem().unwrap().to_string_lossy().into_owned())
    });
    let mut names: Vec<String> = names.collect();
    names.sort();
    names
}

fn assert_played(name: &str, sipp: Sipp) {
    let (status, log) = sipp.wait().unwrap();
    assert!(status.success(), "{name}.xml was not followed:\n{log}");
}

fn is_special(name: &str) -> bool {
    let with = WITH_A_DOCUMENT.iter().any(|(special, ..)| *special == name);
    let elsewhere = [CALLED, ANSWERS, NATTED, SILENT].contains(&name);
    with || name == WITHOUT_ONE || elsewhere || HUNG_UP.contains(&name)
}

#[test]
fn every_scenario_of_a_call_to_a_conference() {
    let server = Server::start(&[]).unwrap();
    let names: Vec<String> = all().into_iter().filter(|name| !is_special(name)).collect();
    assert!(names.len() >= 24, "{names:?}");
    // In groups of six, so that two cores are not overloaded.
    for some in names.chunks(6) {
        let playing: Vec<(&String, Sipp)> = some
            .iter()
            .map(|name| {
                let more: &[&str] = if name == BY_HAND { &["-nr"] } else { &[] };
                (name, Sipp::play(name, &server.sip, more).unwrap())
            })
            .collect();
        for (name, sipp) in playing {
            assert_played(name, sipp);
        }
    }
    let none = ["confab_calls", "confab_sip_state{kind=\"transaction\"}"];
    server
        .wait_until_none_of(&none, Duration::from_secs(40))
        .unwrap();
}

#[test]
fn every_scenario_that_we_hang_up() {
    let server = Server::start(&[]).unwrap();
    let api = Api::new(&server).unwrap();
    for name in HUNG_UP {
        let sipp = Sipp::play(name, &server.sip, &[]).unwrap();
        let (conference, seated) = api.seated(name, 1).unwrap();
        let call = seated[0]["call_sid"].as_str().unwrap();
        let path = format!("/Conferences/{conference}/Participants/{call}");
        assert_eq!(api.delete(&path).unwrap().status, 204);
        assert_played(name, sipp);
    }
}

#[test]
fn every_scenario_in_which_the_application_is_asked() {
    let application = Application::start().unwrap();
    for (name, verbs, delay) in WITH_A_DOCUMENT {
        let document = format!("<Response>{verbs}</Response>");
        application.serve_slowly(&format!("/{name}"), "text/xml", document, delay);
    }
    application.refuse(&format!("/{WITHOUT_ONE}"), 404);
    let names = WITH_A_DOCUMENT.iter().map(|(name, ..)| *name);
    for name in names.chain([WITHOUT_ONE]) {
        let voice = application.url(&format!("/{name}"));
        let server = Server::start(&[("CONFAB_VOICE_URL", &voice)]).unwrap();
        assert_played(name, Sipp::play(name, &server.sip, &[]).unwrap());
    }
}

#[test]
fn a_trunk_that_challenges_everything_is_shown_who_we_are() {
    for (by, transport) in [("u1", ""), ("t1", ";transport=tcp")] {
        let port = free_sip_port("127.0.0.1").unwrap();
        let address = format!("127.0.0.1:{port}");
        let server = Server::start(&[
            ("CONFAB_TRUNK_ADDRESS", &address),
            ("CONFAB_TRUNK_USER", "anna"),
            ("CONFAB_TRUNK_PASSWORD", "pass"),
        ])
        .unwrap();
        let api = Api::new(&server).unwrap();
        let sipp = Sipp::wait_for_call(CALLED, port, by, &[]).unwrap();
        pause(Duration::from_millis(300));
        let to = format!("sip:carrier@{address}{transport}");
        let document = "<Response><Dial><Conference>out</Conference></Dial></Response>";
        let call = [("To", to.as_str()), ("From", "confab"), ("Twiml", document)];
        let made = api.post("/Calls.json", &call).unwrap();
        assert_eq!(made.status, 200, "{}", made.json);
        api.seated("out", 1).unwrap();
        let path = format!("/Calls/{}.json", made.json["sid"].as_str().unwrap());
        let ended = api.post(&path, &[("Status", "completed")]).unwrap();
        assert_eq!(ended.json["status"], "completed", "{}", ended.json);
        assert_played(CALLED, sipp);
    }
}
