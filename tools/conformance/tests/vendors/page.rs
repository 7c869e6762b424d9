//! The vendor page's six examples, with only the placeholders replaced, over TLS; audibility is
//! measured.

use std::time::Duration;

use confab_conformance::api::Api;
use confab_conformance::application::Application;
use confab_conformance::party::{Caller, TONES, call, matrix, settle};
use confab_conformance::server::{Dialect, Server, pause};
use confab_conformance::vendors::{Subject, page_example};
use confab_phone::Phones;
use confab_phone::heard::wav;

const MUSIC_HZ: f64 = 1_777.0;
const EVERYBODY: &str =
    "agent: customer supervisor\ncustomer: agent supervisor\nsupervisor: agent customer\n";

#[test]
fn the_six_examples_do_what_the_page_says() {
    examples(Dialect::SignalWire);
}

#[test]
fn the_six_examples_in_the_other_dialect() {
    examples(Dialect::Twilio);
}

fn examples(dialect: Dialect) {
    let server = Server::speaking(dialect, &[]).unwrap();
    let app = Application::start().unwrap();
    let music: Vec<i16> = (0..8_000)
        .map(|i| {
            (6_000.0 * (std::f64::consts::TAU * MUSIC_HZ * f64::from(i) / 8_000.0).sin()) as i16
        })
        .collect();
    app.serve("/hold", "audio/wav", wav(&music));
    let phones = Phones::new().unwrap();
    let api = Api::new(&server).unwrap();
    let mut callers = Vec::new();
    for (name, hz) in ["agent", "customer", "supervisor"].into_iter().zip(TONES) {
        callers.push(call(&phones, &server, "desk", name, hz).unwrap());
        api.seated("desk", callers.len()).unwrap();
    }
    let (conference, seated) = api.seated("desk", 3).unwrap();
    let sid = |n: usize| seated[n]["call_sid"].as_str().unwrap().to_owned();
    let subject = Subject {
        conference: conference.clone(),
        call: sid(2),
        coached: sid(0),
        hold_url: app.url("/hold"),
        filter: "{}".to_owned(),
    };
    let run = |example: &str| {
        let printed = page_example(example, &server, &subject).unwrap();
        assert_eq!(
            printed.trim(),
            subject.call,
            "{example} prints the participant's callSid"
        );
        settle();
        let all: Vec<&Caller> = callers.iter().collect();
        matrix(&all, &[("music", MUSIC_HZ)]).unwrap_or_else(|e| panic!("{example}: {e:#}"))
    };
    assert_eq!(run("1_update.js"), EVERYBODY);
    // The page's capitalized keys are dropped by the library: the body is empty, and nothing
    // changes.
    assert_eq!(run("2_coaching.js"), EVERYBODY);
    let monitoring = "agent: customer\ncustomer: agent\nsupervisor: agent customer\n";
    assert_eq!(run("3_monitoring.js"), monitoring);
    let now = api
        .get(&format!(
            "/Conferences/{conference}/Participants/{}",
            sid(2)
        ))
        .unwrap()
        .json;
    assert_eq!(
        (&now["muted"], &now["coaching"]),
        (&true.into(), &true.into())
    );
    assert_eq!(now["call_sid_to_coach"], sid(0).as_str());
    assert_eq!(run("4_barge.js"), EVERYBODY);
    assert_eq!(run("5_mute.js"), monitoring);
    let before = app.received().len();
    page_example("6_hold.js", &server, &subject).unwrap();
    pause(Duration::from_millis(700));
    let all: Vec<&Caller> = callers.iter().collect();
    let held = "agent: customer\ncustomer: agent\nsupervisor: music\n";
    assert_eq!(matrix(&all, &[("music", MUSIC_HZ)]).unwrap(), held);
    assert_eq!(app.received().len(), before + 1);
}
